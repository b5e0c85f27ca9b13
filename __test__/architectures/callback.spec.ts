/** What the JavaScript engine adds to the protocol: sockets, the handler, timers, limits. */

import { once } from 'node:events'
import { Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test, { type ExecutionContext } from 'ava'
import type { CloseCode, LancelotError } from '../../src/errors.ts'
import type { LancelotServer } from '../../src/server.ts'
import { startJsServer } from '../../src/start-server.ts'
import type { Connection, ConnectionSummary, Response, ServerOptions } from '../../src/types.ts'
import { SocketClient } from '../socket-client.ts'

async function start(t: ExecutionContext, options: ServerOptions = {}): Promise<LancelotServer> {
  const server = await startJsServer({ port: 0, answers: { x: 'X.' }, ...options })
  t.teardown(() => server.close({ drainMsMax: 0 }))
  return server
}

/** How the next connection to end went. Unlike `once`, takes no notice of errors. */
function nextClose(server: LancelotServer): Promise<ConnectionSummary> {
  return new Promise(resolve => {
    server.once('close', (_, summary) => resolve(summary))
  })
}

const never = new Promise<string>(() => {})
const hostile = {
  // biome-ignore lint/suspicious/noThenProperty: what a hostile handler may return
  get then(): unknown {
    throw new Error('got you')
  },
}

/** What a handler does, how the connection ends, and what the error says; undefined: no error. */
const FAILURES: [string, () => unknown, CloseCode, RegExp | undefined][] = [
  ['returns null', () => null, 'handler-close', undefined],
  ['resolves with null', async () => null, 'handler-close', undefined],
  [
    'throws',
    () => {
      throw new Error('oh')
    },
    'handler-threw',
    /threw: oh/,
  ],
  [
    'throws what is no error',
    () => {
      throw undefined
    },
    'handler-threw',
    /threw: undefined \(connection/,
  ],
  ['rejects', () => Promise.reject(new Error('oh')), 'handler-rejected', /rejected: oh/],
  ['returns a number', () => 42, 'handler-bad-answer', /answered 42 \(number\); allowed is/],
  ['returns nothing', () => undefined, 'handler-bad-answer', /undefined/],
  ['resolves with nonsense', async () => ({}), 'handler-bad-answer', /answered an object/],
  ['returns too much', () => 'x'.repeat(101), 'handler-bad-answer', /101 bytes; .*\(100\)/],
  ['returns a hostile thenable', () => hostile, 'handler-threw', /got you/],
  ['never answers', () => never, 'handler-timeout', /within handlerMsMax \(20 ms\)/],
]

for (const [what, handler, code, message] of FAILURES) {
  test(`a handler that ${what} ends one connection as ${code}, and no other`, async t => {
    const server = await start(t, {
      handler: request => (request === 'fail' ? handler() : 'H.') as Response,
      handlerMsMax: 20,
      answerBytesMax: 100,
    })
    const errors: LancelotError[] = []
    server.on('error', error => errors.push(error as LancelotError))
    const [other, client] = [
      await SocketClient.open(server.address),
      await SocketClient.open(server.address),
    ]
    const closed = nextClose(server)
    client.send('x?fail?x?')
    await client.expect('X.')
    t.is(await client.finish(), 'fin')
    t.is((await closed).code, code)
    other.send('y?')
    await other.expect('H.')
    t.deepEqual(
      errors.map(error => error.code),
      message === undefined ? [] : ['ERR_LANCELOT_HANDLER'],
    )
    if (message !== undefined) t.regex(errors[0]?.message ?? '', message)
    t.like(server.stats(), { inFlight: 0, open: 1 })
  })
}

test('the error of a handler carries what it threw', async t => {
  const cause = new Error('oh')
  const server = await start(t, { handler: () => Promise.reject(cause) })
  const failed = once(server, 'error')
  const client = await SocketClient.open(server.address)
  client.send('a?')
  const [error] = await failed
  t.is(error.cause, cause)
  await client.finish()
})

test('a response for a connection that is gone is dropped and counted', async t => {
  const answers: ((response: string) => void)[] = []
  const server = await start(t, {
    handler: () => new Promise(resolve => answers.push(resolve)),
  })
  const closed = nextClose(server)
  const client = await SocketClient.open(server.address)
  client.send('x?later?')
  await client.expect('X.')
  while (answers.length === 0) await new Promise(setImmediate)
  client.reset()
  await closed
  const next = await SocketClient.open(server.address)
  answers[0]?.('Late.')
  next.send('x?')
  await next.expect('X.')
  t.like(server.stats(), { responsesDropped: 1, handled: 0, inFlight: 0 })
})

test('an empty late response after the peer finished ends the connection', async t => {
  const answers: ((response: string) => void)[] = []
  const server = await start(t, {
    handler: () => new Promise(resolve => answers.push(resolve)),
  })
  const closed = nextClose(server)
  const client = await SocketClient.open(server.address)
  client.send('later?')
  const ended = client.finish()
  while (answers.length === 0) await new Promise(setImmediate)
  answers[0]?.('')
  t.is(await ended, 'fin')
  t.is((await closed).code, 'finished')
})

/** Counts the writes of every socket but this one, until the test ends. */
function countWrites(t: ExecutionContext, but: Socket): () => number {
  const write = Socket.prototype.write
  let writes = 0
  t.teardown(() => {
    Socket.prototype.write = write
  })
  Socket.prototype.write = function (this: Socket, ...args: unknown[]) {
    if (this !== but) writes += 1
    return (write as (...args: unknown[]) => boolean).apply(this, args)
  } as typeof write
  return () => writes
}

test.serial('all answers of one piece leave in one write', async t => {
  const server = await start(t, { handler: request => request })
  const client = await SocketClient.open(server.address)
  const writes = countWrites(t, client.socket)
  client.send('x?y?x?z?'.repeat(50))
  await client.expect('X.yX.z'.repeat(50))
  t.is(writes(), 1)
})

test.serial(
  'what JavaScript sends in one go leaves in one write, and so with the answers',
  async t => {
    const server = await start(t, {
      handler: (request, connection) => {
        void connection.send('1')
        void connection.send('2')
        return request
      },
    })
    const met = once(server, 'connection')
    const client = await SocketClient.open(server.address)
    const [connection] = (await met) as [Connection]
    const writes = countWrites(t, client.socket)
    client.send('x?y?')
    await client.expect('X.12y')
    t.is(writes(), 1)
    for (let count = 0; count < 50; count++) void connection.send('.')
    void server.broadcast('!')
    await client.expect(`X.12y${'.'.repeat(50)}!`)
    t.is(writes(), 2)
  },
)

test('connections over the limit are closed as they come, counted, and told to nobody', async t => {
  const server = await start(t, { connectionsMax: 1 })
  let told = 0
  server.on('connection', () => {
    told += 1
  })
  const first = await SocketClient.open(server.address)
  const second = await SocketClient.open(server.address)
  t.is(await second.ended, 'fin')
  first.send('x?')
  await first.expect('X.')
  t.like(server.stats(), { accepted: 1, refused: 1, open: 1, closed: 0 })
  t.is(told, 1)
  const closed = nextClose(server)
  await first.finish()
  await closed
  const third = await SocketClient.open(server.address)
  third.send('x?')
  await third.expect('X.')
})

test.serial(
  'a peer that asks for much and reads nothing is no longer read, and cut off by a reset',
  async t => {
    const answer = 'A'.repeat(65_536)
    const server = await start(t, { answers: { a: answer }, writeMsMax: 200 })
    // A client that did not read sees data and an end, on Linux, where it was sent a reset.
    const { resetAndDestroy } = Socket.prototype
    let resets = 0
    t.teardown(() => {
      Socket.prototype.resetAndDestroy = resetAndDestroy
    })
    Socket.prototype.resetAndDestroy = function (this: Socket) {
      resets += 1
      return resetAndDestroy.call(this)
    }
    const closed = nextClose(server)
    const client = await SocketClient.open(server.address)
    client.socket.pause()
    client.send('a?'.repeat(100_000))
    const { code, bytesWritten, requests } = await closed
    t.is(code, 'write-timeout')
    // What is counted as asked was sent, or is within the high-water mark and one answer.
    t.true(requests * answer.length - bytesWritten <= 65_536 + answer.length)
    t.is(resets, 1)
    client.socket.destroy()
  },
)

test('a peer that asks for much and reads late gets everything', async t => {
  const answer = 'A'.repeat(8192)
  const server = await start(t, { answers: { a: answer } })
  const client = await SocketClient.open(server.address)
  client.socket.pause()
  client.send('a?'.repeat(2000))
  while (server.stats().requests === 0) await new Promise(setImmediate)
  client.socket.resume()
  await client.expect(answer.repeat(2000))
  t.is(await client.finish(), 'fin')
})

test('while the server has no room for requests in flight, every peer gets its turn', async t => {
  const server = await start(t, {
    inFlightServerMax: 1,
    handler: async request => {
      await new Promise(setImmediate)
      return `${request}.`
    },
  })
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => SocketClient.open(server.address)),
  )
  for (const client of clients) client.send('a?x?b?')
  for (const client of clients) await client.expect('a.X.b.')
  t.like(server.stats(), { handled: 40, answered: 20, inFlight: 0 })
})

test('a thousand peers that wait for room are no deep recursion', async t => {
  const held: ((response: string) => void)[] = []
  const server = await start(t, {
    inFlightServerMax: 1,
    handler: request => {
      return request === 'hold' ? new Promise(resolve => held.push(resolve)) : 'H.'
    },
  })
  const holder = await SocketClient.open(server.address)
  holder.send('hold?')
  while (held.length === 0) await new Promise(setImmediate)
  const clients = await Promise.all(
    Array.from({ length: 300 }, () => SocketClient.open(server.address)),
  )
  for (const client of clients) client.send('a?'.repeat(100))
  while (server.stats().bytesRead < 300 * 200 + 5) await new Promise(setImmediate)
  held[0]?.('Held.')
  for (const client of clients) await client.expect('H.'.repeat(100))
  t.is(server.stats().handled, 30_001)
})

test.serial('a connection that answers many requests arms few timers', async t => {
  const server = await start(t)
  const client = await SocketClient.open(server.address)
  client.send('x?')
  await client.expect('X.')
  const arm = globalThis.setTimeout
  let armed = 0
  t.teardown(() => {
    globalThis.setTimeout = arm
  })
  globalThis.setTimeout = ((...args: Parameters<typeof arm>) => {
    armed += 1
    return arm(...args)
  }) as typeof arm
  for (let count = 2; count <= 50; count++) {
    client.send('x?')
    await client.expect('X.'.repeat(count))
  }
  t.true(armed <= 2, `${armed} timers for 49 requests`)
})

test('the JavaScript engine has one loop', async t => {
  const error = (await t.throwsAsync(start(t, { loops: 2 }))) as LancelotError
  t.deepEqual([error.code, error.option], ['ERR_LANCELOT_OPTION_RANGE', 'loops'])
})

test('a shared port is refused where this version of Node.js has none', async t => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 12)) {
    const server = await start(t, { reusePort: true })
    await t.notThrowsAsync(start(t, { reusePort: true, port: server.address.port }))
    return
  }
  const error = (await t.throwsAsync(start(t, { reusePort: true }))) as LancelotError
  t.deepEqual([error.code, error.option], ['ERR_LANCELOT_OPTION_RANGE', 'reusePort'])
})

test.serial('an object of a connection that is gone does not keep its socket', async t => {
  const server = await start(t)
  const met = once(server, 'connection')
  const client = await SocketClient.open(server.address)
  const [connection] = (await met) as [Connection]
  const { write } = Socket.prototype
  let socket: WeakRef<Socket> | undefined
  Socket.prototype.write = function (this: Socket, ...args: unknown[]) {
    if (this !== client.socket) socket = new WeakRef(this)
    return (write as (...args: unknown[]) => boolean).apply(this, args)
  } as typeof write
  client.send('x?')
  await client.expect('X.')
  Socket.prototype.write = write
  const closed = nextClose(server)
  await client.finish()
  await closed
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  while (socket?.deref() !== undefined) {
    await new Promise(setImmediate)
    collect()
  }
  t.false(await connection.send('late'))
})

test('a route has the failures of a handler', async t => {
  const routes = {
    'bad ': () => {
      throw new Error('oh')
    },
  }
  const server = await start(t, { routes })
  const failed = once(server, 'error')
  const closed = nextClose(server)
  const client = await SocketClient.open(server.address)
  client.send('bad x?')
  t.is(await client.finish(), 'fin')
  t.is((await closed).code, 'handler-threw')
  t.is((await failed)[0].code, 'ERR_LANCELOT_HANDLER')
})

test('the handler may close, pause and send to its own connection and to others', async t => {
  const others: Connection[] = []
  const server: LancelotServer = await start(t, {
    handler: (request, connection) => {
      if (request === 'meet') others.push(connection)
      if (request === 'wake') for (const other of others) void other.send('Wake. ')
      if (request === 'end') for (const other of others) other.close()
      if (request === 'leave') connection.close()
      return `${request}. `
    },
  })
  const first = await SocketClient.open(server.address)
  first.send('meet?')
  await first.expect('meet. ')
  const second = await SocketClient.open(server.address)
  second.send('wake?end?leave?y?')
  await first.expect('meet. Wake. ')
  // What stood in the same piece was taken before the handler was asked.
  await second.expect('wake. end. leave. y. ')
  t.is(await first.finish(), 'fin')
  t.is(await second.finish(), 'fin')
  while (server.stats().open > 0) await new Promise(setImmediate)
  t.is(server.stats().closes['connection-close'], 2)
})

test('closing from inside the handler answers that request first', async t => {
  let closing: Promise<unknown> | undefined
  const server: LancelotServer = await start(t, {
    handler: () => {
      closing = server.close()
      return 'Closing.'
    },
  })
  const client = await SocketClient.open(server.address)
  client.send('close?x?')
  await client.expect('Closing.X.')
  t.is(await client.ended, 'fin')
  t.deepEqual(await closing, { drained: 1, cut: 0 })
})
