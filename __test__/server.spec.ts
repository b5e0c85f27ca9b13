/** The public server, on the JavaScript engine: events, answers, counters, stopping, errors. */

import { execFile } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import type { LancelotError } from '../src/errors.ts'
import type { ChannelMessage, LancelotServer } from '../src/server.ts'
import { startJsServer } from '../src/start-server.ts'
import type { Encoding, ServerOptions } from '../src/types.ts'
import { SocketClient } from './socket-client.ts'

async function start<E extends Encoding = 'utf8'>(
  t: ExecutionContext,
  options: ServerOptions<E> = {},
): Promise<LancelotServer<E>> {
  const server = await startJsServer<E>({ port: 0, answers: { x: 'X.' }, ...options })
  t.teardown(() => server.close({ drainMsMax: 0 }))
  return server
}

async function refusal(options: ServerOptions): Promise<LancelotError> {
  try {
    const server = await startJsServer(options)
    await server.close({ drainMsMax: 0 })
  } catch (error) {
    return error as LancelotError
  }
  throw new Error('it started')
}

test('a server says where it listens', async t => {
  const { address } = await start(t)
  t.deepEqual([address.host, address.family], ['127.0.0.1', 'IPv4'])
  t.true(address.port > 0)
})

test('a connection is told of first and its end last, each once', async t => {
  const server = await start(t, { handler: () => 'H.' })
  const events: string[] = []
  server.on('connection', ({ id, remotePort }) => events.push(`open ${id} ${remotePort}`))
  server.on('close', ({ id }, { code, requests, bytesRead, bytesWritten }) => {
    events.push(`close ${id} ${code} ${requests} ${bytesRead} ${bytesWritten}`)
  })
  const client = await SocketClient.open(server.address)
  client.send('x?y?')
  await client.expect('X.H.')
  const port = (client.socket.address() as { port: number }).port
  const closed = once(server, 'close')
  await client.finish()
  const [connection, summary] = await closed
  t.deepEqual(events, [`open 1 ${port}`, 'close 1 finished 2 4 4'])
  t.is(connection.remoteAddress, '127.0.0.1')
  t.true(summary.durationMs >= 0)
})

test('the handler, the listener and the end see the same connection', async t => {
  const seen: unknown[] = []
  const server = await start(t, {
    handler: (_, connection) => {
      seen.push(connection)
      return ''
    },
  })
  server.on('connection', connection => seen.push(connection))
  const closed = once(server, 'close')
  const client = await SocketClient.open(server.address)
  client.send('a?b?')
  await client.finish()
  const [connection] = await closed
  t.deepEqual(
    seen.map(other => other === connection),
    [true, true, true],
  )
})

test('the counters agree whatever the ends were', async t => {
  const server = await start(t, { unknownAnswer: null })
  const ends: ((client: SocketClient) => unknown)[] = [
    client => client.finish(),
    client => client.reset(),
    client => client.send('unknown?'),
    client => {
      client.send('x?half')
      return client.finish()
    },
  ]
  for (const end of ends) {
    const client = await SocketClient.open(server.address)
    client.send('x?')
    await client.expect('X.')
    const closed = once(server, 'close')
    end(client)
    if (end === ends[2]) void client.ended.then(() => client.finish())
    await closed
  }
  const open = await SocketClient.open(server.address)
  open.send('x?')
  await open.expect('X.')
  const {
    accepted,
    open: openCount,
    closed,
    closes,
    requests,
    answered,
    bytesRead,
  } = server.stats()
  t.deepEqual([accepted, openCount, closed], [5, 1, 4])
  t.is(
    Object.values(closes).reduce((sum, count) => sum + count),
    4,
  )
  t.like(closes, { finished: 1, reset: 1, 'unknown-request': 1, truncated: 1 })
  t.deepEqual([requests, answered, bytesRead], [7, 6, 24])
})

test('answers can be set, deleted and replaced while the server runs', async t => {
  const server = await start(t)
  const client = await SocketClient.open(server.address)
  client.send('x?')
  await client.expect('X.')
  server.answers.set('y?', 'Y.').delete('x')
  client.send('x?y?')
  await client.expect('X.Error: unknown question.Y.')
  server.answers.replace({ z: { answer: 'Z.', close: true } })
  client.send('z?')
  await client.expect('X.Error: unknown question.Y.Z.')
  t.is(await client.finish(), 'fin')
})

test('answers read as a Map of text, or of bytes where they are no text', async t => {
  const bytes = Buffer.from([0xff])
  const { answers } = await start(t, {
    answers: [
      ['x?', 'X.'],
      [bytes, bytes],
      ['q', { answer: 'Bye.', close: true }],
    ],
    answerSuffix: '!',
  })
  const wanted = [
    ['x', 'X.'],
    [bytes, bytes],
    ['q', { answer: 'Bye.', close: true }],
  ]
  t.deepEqual([...answers], wanted as never)
  t.deepEqual(
    [...answers.keys()],
    [...answers].map(([key]) => key),
  )
  t.deepEqual(
    [...answers.values()],
    [...answers].map(([, answer]) => answer),
  )
  const seen: unknown[] = []
  answers.forEach((answer, key) => {
    seen.push([key, answer])
  })
  t.deepEqual(seen, wanted)
  t.deepEqual([answers.size, answers.has('q?'), answers.has('none')], [3, true, false])
  ;(answers.get(bytes) as Buffer).fill(0)
  t.deepEqual(answers.get(bytes), bytes)
  answers.clear()
  t.deepEqual([answers.size, answers.get('x')], [0, undefined])
})

test('a wrong answer is refused and changes nothing', async t => {
  const { answers } = await start(t)
  t.throws(() => answers.set('a?b', '1'), { code: 'ERR_LANCELOT_ANSWER_KEY' })
  t.throws(() => answers.set('a', 1 as never), { code: 'ERR_LANCELOT_ANSWER_VALUE' })
  t.throws(() => answers.replace({ new: '1', 'a?b': '2' }), { code: 'ERR_LANCELOT_ANSWER_KEY' })
  t.throws(() => answers.replace('x' as never), { code: 'ERR_LANCELOT_OPTION_TYPE' })
  t.deepEqual([...answers], [['x', 'X.']])
})

test('closing answers what was asked, and says how many it drained and cut', async t => {
  const release: (() => void)[] = []
  const handler = (request: string): Promise<string> =>
    new Promise(resolve => {
      if (request === 'later') release.push(() => resolve('Late.'))
    })
  const server = await start(t, { handler })
  const [idle, owed, stuck] = await Promise.all(
    ['x?', 'x?later?', 'x?never?'].map(async text => {
      const client = await SocketClient.open(server.address)
      client.send(text)
      await client.expect('X.')
      return client
    }),
  )
  const closed = server.close({ drainMsMax: 60_000 })
  t.is(await idle?.ended, 'fin')
  release[0]?.()
  await owed?.expect('X.Late.')
  t.is(await owed?.ended, 'fin')
  void server.close({ drainMsMax: 0 })
  t.deepEqual(await closed, { drained: 2, cut: 1 })
  t.is(await stuck?.ended, 'ECONNRESET')
  t.like(server.stats(), { open: 0, accepted: 3, closed: 3, inFlight: 0 })
})

test('a later close can only bring the deadline nearer', async t => {
  const server = await start(t, { handler: () => new Promise<string>(() => {}) })
  const client = await SocketClient.open(server.address)
  client.send('never?x?')
  const asked = once(server, 'close')
  const first = server.close({ drainMsMax: 1 })
  const second = server.close({ drainMsMax: 2 ** 31 - 1 })
  t.deepEqual(await first, await second)
  await asked
  t.deepEqual(await server.close(), await first)
})

test('closing serves who connected before it', async t => {
  const server = await start(t)
  const opening = SocketClient.open(server.address)
  const client = await opening
  client.send('x?')
  await server.close()
  await client.expect('X.')
  t.is(await client.ended, 'fin')
})

test('once closed, the port is free and nobody is let in', async t => {
  const server = await start(t)
  await server.close()
  await t.throwsAsync(SocketClient.open(server.address), { code: 'ECONNREFUSED' })
  const next = await startJsServer({ port: server.address.port })
  await next[Symbol.asyncDispose]()
  await t.throwsAsync(SocketClient.open(server.address), { code: 'ECONNREFUSED' })
})

test('aborting the signal closes the server', async t => {
  const controller = new AbortController()
  const server = await start(t, { signal: controller.signal })
  const client = await SocketClient.open(server.address)
  controller.abort()
  t.is(await client.ended, 'fin')
  await server.close()
  await t.throwsAsync(SocketClient.open(server.address), { code: 'ECONNREFUSED' })
})

test('a signal that was aborted before starts nothing', async t => {
  const reason = new Error('not today')
  t.is((await refusal({ port: 0, signal: AbortSignal.abort(reason) })) as Error, reason)
})

test('a signal that aborts while the server starts leaves nothing open', async t => {
  const controller = new AbortController()
  const starting = refusal({ port: 0, signal: controller.signal })
  controller.abort()
  t.is((await starting).name, 'AbortError')
})

test('a port in use keeps the code of the system and says what to do', async t => {
  const { address } = await start(t)
  const error = await refusal({ port: address.port })
  t.like(error, { code: 'EADDRINUSE', syscall: 'listen', name: 'LancelotError' })
  t.is(typeof error.errno, 'number')
  const advice = 'stop the program that has it, or choose another port'
  t.is(error.message, `port ${address.port} on 127.0.0.1 is in use: ${advice}`)
})

test('an address of another machine and a name of none are typed errors', async t => {
  const elsewhere = await refusal({ host: '192.0.2.1', port: 0 })
  t.is(elsewhere.code, 'EADDRNOTAVAIL')
  const nowhere = await refusal({ host: 'no-such-host.invalid', port: 0 })
  t.true(['ENOTFOUND', 'EAI_AGAIN'].includes(nowhere.code))
  t.regex(nowhere.message, /no-such-host\.invalid could not be found/)
})

test('options and answers are checked before anything is opened', async t => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as { port: number }
  t.is((await refusal({ port, answers: { 'a?b': '1' } })).code, 'ERR_LANCELOT_ANSWER_KEY')
  t.is((await refusal({ port, loops: 2 })).option, 'loops')
  t.is((await refusal({ port, prot: 1 } as ServerOptions)).code, 'ERR_LANCELOT_OPTION_UNKNOWN')
})

test('an error that nobody listens to is a warning, never thrown', async t => {
  const server = await start(t, {
    handler: () => {
      throw new Error('oh')
    },
  })
  const warned = once(process, 'warning')
  const client = await SocketClient.open(server.address)
  client.send('a?')
  const [warning] = await warned
  t.like(warning, { name: 'LancelotWarning', code: 'ERR_LANCELOT_HANDLER' })
  t.is(await client.finish(), 'fin')
})

test('a listener that throws is uncaught and breaks nothing', async t => {
  const server = await start(t)
  const thrown = new Error('the fault of the listener')
  const uncaught = new Promise(resolve => process.once('uncaughtException', resolve))
  const listeners = process.listeners('uncaughtException').slice(0, -1)
  for (const listener of listeners) process.off('uncaughtException', listener)
  t.teardown(() => {
    for (const listener of listeners) process.on('uncaughtException', listener)
  })
  server.once('connection', () => {
    throw thrown
  })
  const client = await SocketClient.open(server.address)
  client.send('x?')
  t.is(await uncaught, thrown)
  await client.expect('X.')
  const closed = once(server, 'close')
  await client.finish()
  await closed
  t.like(server.stats(), { accepted: 1, open: 0, closed: 1 })
})

test('listeners may come and go by every way that an emitter has', async t => {
  const server = await start(t)
  const told: string[] = []
  const tell = (): void => {
    told.push('on')
  }
  const visit = async (): Promise<void> => {
    const client = await SocketClient.open(server.address)
    client.send('x?')
    await client.expect('X.')
    await client.finish()
  }
  server.once('connection', () => told.push('once'))
  await visit()
  await visit()
  server.addListener('connection', tell).prependListener('connection', () => told.push('first'))
  await visit()
  server.off('connection', tell)
  server.prependOnceListener('connection', () => told.push('first once'))
  await visit()
  server.removeAllListeners()
  await visit()
  server.on('connection', tell)
  await visit()
  t.deepEqual(told, ['once', 'first', 'on', 'first once', 'first', 'on'])
})

/** What an event says, in a line. */
function line(event: { type: string }): string {
  const fields = { request: '', response: '', number: '', summary: { code: '' }, ...event }
  const { request, response, number, summary } = fields
  return [event.type, number, request, response, summary.code].filter(Boolean).join(' ')
}

test('an iterator tells of a whole conversation, and ends with the server', async t => {
  const server = await start(t, {
    handler: async request => `${request}!`,
    routes: { 'go ': () => null },
    answerSuffix: '\n',
  })
  const events = server.events()
  const client = await SocketClient.open(server.address)
  client.send('late?x?go away?')
  await client.ended
  client.socket.end()
  await server.close()
  const lines: string[] = []
  for await (const event of events) lines.push(line(event))
  t.is(lines[0], 'connection')
  t.is(lines.at(-1), 'close handler-close')
  const requests = lines.filter(text => text.startsWith('request'))
  t.deepEqual(requests, ['request 1 late', 'request 2 x', 'request 3 go away'])
  const responses = lines.filter(text => text.startsWith('response'))
  t.deepEqual(responses.sort(), ['response 1 late!', 'response 2 X.'], 'without the suffix')
  for (const number of [1, 2]) {
    const request = lines.findIndex(text => text.startsWith(`request ${number}`))
    t.true(request < lines.findIndex(text => text.startsWith(`response ${number}`)))
  }
  t.is(lines.length, 7)
})

test('a channel tells what happens after somebody subscribes to it', async t => {
  const server = await start(t)
  const client = await SocketClient.open(server.address)
  client.send('x?')
  await client.expect('X.')
  const told: string[] = []
  const tell = (message: unknown): void => {
    const event = message as ChannelMessage
    if (event.server === server) told.push(line(event))
  }
  subscribe('lancelot.request', tell)
  client.send('x?x?')
  await client.expect('X.X.X.')
  unsubscribe('lancelot.request', tell)
  client.send('x?')
  await client.expect('X.X.X.X.')
  t.deepEqual(told, ['request 2 x', 'request 3 x'])
})

test('a broadcast reaches every connection, or a group, and is sent as it is', async t => {
  const server = await start(t, {
    answerSuffix: '!',
    async handler(group, connection) {
      return String(await connection.join(group))
    },
  })
  const red = await SocketClient.open(server.address)
  const blue = await SocketClient.open(server.address)
  red.send('red?')
  await red.expect('true!')
  blue.send('blue?')
  await blue.expect('true!')
  t.is(await server.broadcast('all '), 2)
  t.is(await server.broadcast('blue', { to: 'blue' }), 1)
  t.is(await server.broadcast('nobody', { to: 'green' }), 0)
  await red.expect('true!all ')
  await blue.expect('true!all blue')
  const ports: (number | undefined)[] = []
  for await (const { remotePort } of server.connections()) ports.push(remotePort)
  t.deepEqual(
    ports.sort(),
    [red, blue].map(client => (client.socket.address() as { port: number }).port).sort(),
  )
  await server.close()
  t.is(await server.broadcast('late'), 0)
})

test('requests and responses are what the encoding makes of bytes', async t => {
  const bytes = Buffer.from([0x41, 0xe9, 0xff])
  const asked: [Encoding, unknown, string][] = [
    ['utf8', 'A\ufffd\ufffd', Buffer.from('A\ufffd\ufffd').toString('latin1')],
    ['latin1', 'A\u00e9\u00ff', bytes.toString('latin1')],
    ['buffer', bytes, bytes.toString('latin1')],
  ]
  for (const [encoding, wanted, sent] of asked) {
    const server = await start(t, {
      encoding,
      handler(request) {
        t.deepEqual(request, wanted as string)
        return request
      },
    })
    const events = server.events({ only: ['request', 'response'] })
    const client = await SocketClient.open(server.address)
    client.send(`${bytes.toString('latin1')}?`)
    await client.expect(sent)
    const [request, response] = [(await events.next()).value, (await events.next()).value]
    t.deepEqual([request.request, response.response], [wanted, wanted])
  }
})

test('a response that latin1 has no byte for ends the connection, and says which', async t => {
  const server = await start(t, { encoding: 'latin1', handler: () => 'a\u20ac' })
  const errors = server.events({ only: ['error', 'close'] })
  const client = await SocketClient.open(server.address)
  client.send('a?')
  t.is(await client.finish(), 'fin')
  const [failed, closed] = [(await errors.next()).value, (await errors.next()).value]
  t.like(failed, { error: { code: 'ERR_LANCELOT_HANDLER' } })
  t.regex(failed.error.message, /answered text with U\+20AC; allowed under encoding 'latin1' is/)
  t.like(closed, { summary: { code: 'handler-bad-answer' } })
})

test('a server that is unreferenced lets the process end', async t => {
  const module = new URL('../src/start-server.ts', import.meta.url).href
  const script = `
    import { startJsServer } from '${module}'
    const server = await startJsServer({ port: 0 })
    server.unref().ref().unref()
    process.once('exit', () => console.log('end'))
  `
  const words = ['--import', '@oxc-node/core/register', '--input-type=module', '-e', script]
  const { stdout } = await promisify(execFile)(process.execPath, words)
  t.is(stdout, 'end\n')
})
