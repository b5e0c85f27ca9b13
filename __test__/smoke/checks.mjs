/**
 * What every runtime has to get right, for the native and the JavaScript server alike.
 *
 * To add a check, add a function here and its title to `CHECKS`. It gets a scene: `start(options)`
 * gives a server on a free port and `open(server)` a peer of it; both are gone when it ends.
 */

import { strict as assert } from 'node:assert'
import { setImmediate as turn } from 'node:timers/promises'
import { nextEnd, statsBecome } from './scene.mjs'

const never = new Promise(() => {})

async function answersAndUnknown({ start, open }) {
  const server = await start({ answers: { a: 'A.', 'empty?': '', 'caf\u00e9': 'na\u00efve.' } })
  const peer = await open(server)
  peer.send('a?emp')
  peer.send('ty?what?caf\u00c3\u00a9?')
  await peer.expect('A.Error: unknown question.na\u00c3\u00afve.')
  await peer.finish()
}

async function bytesStayBytes({ start, open }) {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)
  const answers = [[Uint8Array.of(0, 255, 128), all]]
  const server = await start({ delimiter: Uint8Array.of(10), answers })
  const peer = await open(server)
  peer.send('\x00\xff\x80\n')
  await peer.expect(String.fromCharCode(...all))
}

async function handlerAtOnce({ start, open }) {
  const server = await start({ handler: request => `<${request}>` })
  const peer = await open(server)
  peer.send('one? ?caf\u00c3\u00a9?')
  await peer.expect('<one>< ><caf\u00c3\u00a9>')
}

async function handlerLater({ start, open }) {
  const handler = async request => {
    await turn()
    return Buffer.from(`<${request}>`)
  }
  const peer = await open(await start({ handler }))
  peer.send('one?two?')
  await peer.expect('<one><two>')
}

async function handlerThrows({ start, open }) {
  const handler = request => {
    if (request === 'throw') throw new Error('on purpose')
    return request === 'reject' ? Promise.reject(new Error('on purpose')) : 'fine.'
  }
  const server = await start({ handler })
  const errors = []
  server.on('error', error => errors.push(error.code))
  const other = await open(server)
  for (const request of ['throw', 'reject']) {
    const ended = nextEnd(server)
    const peer = await open(server)
    peer.send(`${request}?`)
    await peer.finish()
    assert.equal((await ended).code, request === 'throw' ? 'handler-threw' : 'handler-rejected')
  }
  other.send('x?')
  await other.expect('fine.')
  assert.deepEqual(errors, ['ERR_LANCELOT_HANDLER', 'ERR_LANCELOT_HANDLER'])
}

/** Later responses are given in reverse, and still leave in the order of their requests. */
async function orderUnderPipelining({ start, open }) {
  const held = []
  const handler = request => {
    if (request.startsWith('now')) return `${request}.`
    return new Promise(resolve => held.push(() => resolve(`${request}.`)))
  }
  const server = await start({ answers: { known: 'known.' }, handler })
  const peer = await open(server)
  const requests = Array.from({ length: 40 }, (_, i) =>
    i % 4 === 0 ? 'known' : `${i % 4 === 1 ? 'now' : 'later'}${i}`,
  )
  peer.send(requests.map(request => `${request}?`).join(''))
  while (held.length < 20) await turn()
  for (const answer of held.reverse()) answer()
  await peer.expect(requests.map(request => `${request}.`).join(''))
}

async function manyRequests({ start, open }) {
  const handler = request => (Number(request) % 3 === 0 ? Promise.resolve(request) : request)
  const server = await start({ delimiter: '\n', answerSuffix: '\n', handler })
  const peers = await Promise.all(Array.from({ length: 10 }, () => open(server)))
  const text = Array.from({ length: 2000 }, (_, number) => `${number}\n`).join('')
  for (const peer of peers) peer.send(text)
  for (const peer of peers) await peer.expect(text)
  await statsBecome(server, { handled: 20_000 })
}

async function longAnswers({ start, open }) {
  const answer = 'x'.repeat(2 ** 20)
  const server = await start({ answers: { known: answer }, handler: () => answer })
  const peer = await open(server)
  peer.send('known?other?'.repeat(4))
  await peer.expect(answer.repeat(8))
}

async function eventsOfConnections({ start, open }) {
  const server = await start({ answers: { a: 'A.' }, handler: request => request })
  const told = []
  server.on('connection', ({ id, remoteAddress }) => told.push(['connection', id, remoteAddress]))
  server.on('close', ({ id }) => told.push(['close', id]))
  const ended = nextEnd(server)
  const peer = await open(server)
  peer.send('a?bc?')
  await peer.expect('A.bc')
  await peer.finish()
  const { durationMs, ...summary } = await ended
  assert.deepEqual(summary, { code: 'finished', requests: 2, bytesRead: 5, bytesWritten: 4 })
  assert.ok(durationMs >= 0)
  const [[, id]] = told
  assert.deepEqual(told, [
    ['connection', id, '127.0.0.1'],
    ['close', id],
  ])
}

async function changedAnswers({ start, open }) {
  const server = await start({ answers: { a: 'one.' } })
  const peer = await open(server)
  peer.send('a?')
  await peer.expect('one.')
  server.answers.set('a', 'two.')
  peer.send('a?')
  await peer.expect('one.two.')
  assert.equal(server.answers.delete('a'), true)
  peer.send('a?')
  await peer.expect('one.two.Error: unknown question.')
}

async function counters({ start, open }) {
  const server = await start({ answers: { a: 'A.' }, handler: request => request })
  const peer = await open(server)
  peer.send('a?b?a?')
  await peer.expect('A.bA.')
  const requests = { requests: 3, answered: 2, handled: 1, inFlight: 0 }
  await statsBecome(server, { accepted: 1, open: 1, ...requests, bytesRead: 6, bytesWritten: 5 })
}

async function closeDrains({ start, open }) {
  let answer
  const handler = () =>
    new Promise(resolve => {
      answer = () => resolve('late.')
    })
  const server = await start({ handler })
  const peer = await open(server)
  peer.send('x?')
  while (answer === undefined) await turn()
  const closed = server.close()
  answer()
  await peer.expect('late.')
  await peer.finish()
  assert.deepEqual(await closed, { drained: 1, cut: 0 })
}

async function closeCuts({ start, open }) {
  const server = await start({ handler: () => never })
  const peer = await open(server)
  peer.send('x?')
  while (server.stats().inFlight === 0) await turn()
  assert.deepEqual(await server.close({ drainMsMax: 0 }), { drained: 0, cut: 1 })
  await peer.ended()
}

async function abortCloses({ start, open }) {
  const controller = new AbortController()
  const server = await start({ answers: { a: 'A.' }, signal: controller.signal })
  const peer = await open(server)
  peer.send('a?')
  await peer.expect('A.')
  controller.abort()
  await peer.finish()
  await server.close()
  assert.equal(server.stats().open, 0)
}

async function busyPort({ start, open }) {
  const server = await start({ answers: { a: 'A.' } })
  const { port } = server.address
  await assert.rejects(start({ port }), { code: 'EADDRINUSE', syscall: 'listen' })
  const peer = await open(server)
  peer.send('a?')
  await peer.expect('A.')
}

async function portIsFreeAgain({ start, open }) {
  let port = 0
  for (let life = 0; life < 20; life += 1) {
    const server = await start({ port, answers: { life: `${life}.` } })
    port = server.address.port
    const peer = await open(server)
    peer.send('life?')
    await peer.expect(`${life}.`)
    await peer.finish()
    await server.close()
  }
}

async function serversSideBySide({ start, open }) {
  const servers = await Promise.all(
    ['one', 'two', 'three'].map(name => start({ handler: request => `${name} ${request}.` })),
  )
  const peers = await Promise.all(servers.map(open))
  for (const peer of peers) peer.send('x?')
  for (const [index, name] of ['one', 'two', 'three'].entries()) {
    await peers[index].expect(`${name} x.`)
  }
}

/** Titles are rules. */
export const CHECKS = [
  ['answers come from the table, and what it does not know is unknown', answersAndUnknown],
  ['bytes are bytes, whatever they would mean as text', bytesStayBytes],
  ['a handler answers at once', handlerAtOnce],
  ['a handler answers later', handlerLater],
  ['a handler that throws or rejects ends its own connection only', handlerThrows],
  ['responses leave in the order of their requests', orderUnderPipelining],
  ['20,000 pipelined requests through the handler lose nothing', manyRequests],
  ['answers of a mebibyte arrive whole', longAnswers],
  ['a connection is told once when it opens and once when it ends', eventsOfConnections],
  ['an answer that is set or deleted is in force for the next request', changedAnswers],
  ['what happens is counted', counters],
  ['close answers what was asked, and says so', closeDrains],
  ['close at once cuts what is owed, and says so', closeCuts],
  ['aborting the signal closes the server', abortCloses],
  ['a busy port is an error, and no server', busyPort],
  ['a port is free again after close', portIsFreeAgain],
  ['several servers in one process do not meet', serversSideBySide],
]
