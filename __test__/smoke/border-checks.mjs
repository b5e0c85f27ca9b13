/**
 * What every runtime has to get right at the border to JavaScript: events, connections as objects,
 * pushes, groups, routes, encodings. As `checks.mjs`, for both servers.
 */

import { strict as assert } from 'node:assert'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { nextEnd } from './scene.mjs'

/** A peer, and its connection as JavaScript sees it. */
async function meet({ open }, server) {
  const opened = once(server, 'connection')
  const peer = await open(server)
  const [connection] = await opened
  return { peer, connection }
}

async function routesByPrefix({ start, open }) {
  const server = await start({
    answers: { 'get all': 'table.' },
    routes: { 'get ': request => `<${request}>`, 'get b': async request => `{${request}}` },
    handler: request => `(${request})`,
  })
  const peer = await open(server)
  peer.send('get a?get b?get all?put?')
  await peer.expect('<get a>{get b}table.(put)')
}

async function encodings({ start, open }) {
  const bytes = 'caf\u00c3\u00a9 \u00ff'
  const seen = []
  const handler = request => {
    seen.push(request)
    return request
  }
  for (const encoding of ['latin1', 'buffer', 'utf8']) {
    const peer = await open(await start({ encoding, handler }))
    peer.send(`${bytes}?`)
    // What is not valid UTF-8 comes back as the replacement character.
    await peer.expect(encoding === 'utf8' ? 'caf\u00c3\u00a9 \u00ef\u00bf\u00bd' : bytes)
  }
  const [latin1, buffer, utf8] = seen
  assert.equal(latin1, bytes)
  assert.ok(Buffer.isBuffer(buffer))
  assert.equal(buffer.toString('latin1'), bytes)
  assert.equal(utf8, 'caf\u00e9 \ufffd')
}

async function greetingAndClose({ start, open }) {
  const answers = { bye: { answer: 'Bye.', close: true } }
  const server = await start({ greeting: 'Hello.', answers })
  const ended = nextEnd(server)
  const peer = await open(server)
  peer.send('bye?')
  await peer.expect('Hello.Bye.')
  await peer.finish()
  assert.equal((await ended).code, 'answer-close')
}

async function iteratorOfEvents({ start, open }) {
  const server = await start({ answers: { a: 'A.' }, handler: async request => `${request}.` })
  const events = server.events()
  const peer = await open(server)
  peer.send('a?b?')
  await peer.expect('A.b.')
  await peer.finish()
  const told = []
  for await (const { type, number, request, response, summary } of events) {
    told.push([type, number, request ?? response ?? summary?.code])
    if (type === 'close') break
  }
  // A response may be there before the next request is.
  const of = type => told.filter(event => event[0] === type)
  assert.deepEqual(of('request'), [
    ['request', 1, 'a'],
    ['request', 2, 'b'],
  ])
  assert.deepEqual(of('response'), [
    ['response', 1, 'A.'],
    ['response', 2, 'b.'],
  ])
  assert.equal(told[0][0], 'connection')
  assert.deepEqual(told.at(-1), ['close', undefined, 'finished'])
  assert.equal(told.length, 6)
}

/** The subscriber comes when the server already runs: the server has to notice. */
async function channelsOfEvents({ start, open }) {
  const server = await start({ answers: { a: 'A.' } })
  const ended = new Promise(resolve => {
    const tell = event => {
      if (event.server !== server) return
      unsubscribe('lancelot.close', tell)
      resolve(event)
    }
    subscribe('lancelot.close', tell)
  })
  const peer = await open(server)
  peer.send('a?')
  await peer.expect('A.')
  await peer.finish()
  const { type, summary } = await ended
  assert.deepEqual([type, summary.code, summary.requests], ['close', 'finished', 1])
}

async function connectionsAsObjects(scene) {
  const handler = (request, { data }) => `${request} of ${data}.`
  const server = await scene.start({ handler })
  const { peer, connection } = await meet(scene, server)
  assert.equal(connection.remoteAddress, '127.0.0.1')
  connection.data = 'Camelot'
  peer.send('Lancelot?')
  await peer.expect('Lancelot of Camelot.')
  const stats = await connection.stats()
  assert.deepEqual([stats.requests, stats.bytesRead, stats.bytesWritten], [1, 9, 20])
  const all = []
  for await (const each of server.connections()) all.push(each)
  assert.deepEqual(all, [connection])
  const ended = nextEnd(server)
  connection.close()
  await peer.finish()
  assert.equal((await ended).code, 'connection-close')
  assert.equal(await connection.stats(), undefined)
}

async function pausedConnections(scene) {
  const server = await scene.start({ answers: { a: 'A.' } })
  const { peer, connection } = await meet(scene, server)
  connection.pause()
  // By the answer to what was asked after it, the pause is in force.
  await connection.stats()
  peer.send('a?')
  const other = await scene.open(server)
  other.send('a?')
  await other.expect('A.')
  assert.equal((await connection.stats()).requests, 0)
  connection.resume()
  await peer.expect('A.')
}

async function pushes(scene) {
  const server = await scene.start({ answers: { a: 'A.' }, answerSuffix: '!' })
  const { peer, connection } = await meet(scene, server)
  assert.equal(await connection.send('push.'), true)
  await peer.expect('push.')
  peer.send('a?')
  await peer.expect('push.A.!')
  await assert.rejects(connection.send(1), { code: 'ERR_LANCELOT_ARGUMENT' })
  const ended = nextEnd(server)
  await peer.finish()
  await ended
  assert.equal(await connection.send('late.'), false)
}

async function groups(scene) {
  const server = await scene.start({})
  const members = []
  for (let number = 0; number < 5; number += 1) members.push(await meet(scene, server))
  const [first, second] = members
  assert.equal(await first.connection.join('knights'), true)
  assert.equal(await second.connection.join('knights'), true)
  assert.equal(await server.broadcast('one.', { to: 'knights' }), 2)
  assert.equal(await second.connection.leave('knights'), true)
  assert.equal(await server.broadcast('two.', { to: 'knights' }), 1)
  assert.equal(await server.broadcast('all.'), 5)
  await first.peer.expect('one.two.all.')
  await second.peer.expect('one.all.')
  await members[4].peer.expect('all.')
}

async function overload({ start, open }) {
  const held = []
  const server = await start({
    inFlightServerMax: 2,
    handler: () => new Promise(resolve => held.push(resolve)),
  })
  const told = []
  server.on('overload', reason => told.push(reason))
  const over = once(server, 'overloadEnd')
  const peer = await open(server)
  peer.send('a?b?c?d?')
  while (told.length === 0) await turn()
  let answered = 0
  while (answered < 4) {
    const answer = held.shift()
    if (answer === undefined) await turn()
    else {
      answer('x')
      answered += 1
    }
  }
  await peer.expect('xxxx')
  const [reason, durationMs] = await over
  assert.deepEqual([told[0], reason], ['in-flight', 'in-flight'])
  assert.ok(durationMs >= 0)
}

/** Titles are rules. */
export const BORDER_CHECKS = [
  ['the longest prefix picks the handler', routesByPrefix],
  ['requests are text of UTF-8, text of Latin-1, or bytes', encodings],
  ['a greeting goes first, and an answer may close', greetingAndClose],
  ['an iterator gives every event in its order', iteratorOfEvents],
  ['a channel tells whoever subscribes while the server runs', channelsOfEvents],
  ['a connection is an object with data, counters and an end', connectionsAsObjects],
  ['a connection that is paused is not read until it is resumed', pausedConnections],
  ['bytes can be pushed outside any response', pushes],
  ['a broadcast reaches all, or a group, and says how many', groups],
  ['an overload is told, and its end', overload],
]
