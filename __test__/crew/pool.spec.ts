/** The pool of `loop-and-pool`: handlers that block, fail and die in threads of their own. */

import test from 'ava'
import type { CloseCode, LancelotError } from '../../src/errors.ts'
import { SocketClient } from '../socket-client.ts'
import { ask, askAgain, MODULE, nextClose, start } from './crews.ts'

test('a handler that blocks keeps only what it was called with waiting', async t => {
  const server = await start(t, 'loop-and-pool', { handlerModule: MODULE })
  const blocked = await SocketClient.open(server.address)
  const other = await SocketClient.open(server.address)
  blocked.send('block 600000?')
  // Some of these were perhaps given to the thread that blocks: the other one takes them over.
  other.send('a?b?c?d?e?f?g?h?')
  await other.expect('Ma.Mb.Mc.Md.Me.Mf.Mg.Mh.')
  for (let count = 0; count < 20; count++) t.is(await askAgain(other, 'z'), 'Mz.')
  t.like(server.stats(), { inFlight: 1, handled: 28 })
  await server.close({ drainMsMax: 0 })
  blocked.socket.destroy()
  other.socket.destroy()
})

test('the table is answered though all threads are blocked', async t => {
  const server = await start(t, 'loop-and-pool', { handlerModule: MODULE, workers: 1 })
  const blocked = await SocketClient.open(server.address)
  blocked.send('block 600000?')
  t.is((await ask(server, 'x')).said, 'X.')
  await server.close({ drainMsMax: 0 })
  blocked.socket.destroy()
})

test('responses of many threads leave in the order of their requests', async t => {
  const server = await start(t, 'loop-and-pool', { handlerModule: MODULE, workers: 4 })
  const client = await SocketClient.open(server.address)
  const requests = Array.from({ length: 500 }, (_, number) => `${number}`)
  client.send(requests.map(request => `${request}?`).join(''))
  await client.expect(requests.map(request => `M${request}.`).join(''))
  t.is(server.stats().handled, 500)
})

test('pushes of a thread that its pool has not taken are bounded, refused and counted', async t => {
  const server = await start(t, 'loop-and-pool', { handlerModule: MODULE })
  const client = await SocketClient.open(server.address)
  client.send('flood 70?')
  const taken = new Promise<number>(resolve => {
    client.socket.on('data', () => {
      const said = /(\d+)\.$/.exec(client.received.slice(-4))
      if (said !== null) resolve(Number(said[1]))
    })
  })
  const { pushed, pushesDropped } = await taken.then(() => server.stats())
  t.is(pushed, await taken)
  t.is(pushed + pushesDropped, 70)
  // 64 of them weigh what may wait.
  t.true(pushed <= 64)
  client.reset()
})

test('a handler of a thread may send, wait and join', async t => {
  const server = await start(t, 'loop-and-pool', { handlerModule: MODULE })
  const { client, said } = await ask(server, 'send')
  t.is(said, 'pushed true.')
  t.is(await askAgain(client, 'later'), 'Later.')
  t.not((await ask(server, 'where')).said, `${process.pid}/0.`)
})

const FAILURES: readonly (readonly [string, CloseCode, RegExp | undefined])[] = [
  ['throw', 'handler-threw', /threw: thrown in a module/],
  ['nonsense', 'handler-bad-answer', /answered 42/],
  ['close', 'handler-close', undefined],
]

for (const [request, code, message] of FAILURES) {
  test(`a handler of a thread that fails by "${request}" ends as ${code}`, async t => {
    const server = await start(t, 'loop-and-pool', { handlerModule: MODULE })
    const errors: string[] = []
    server.on('error', error => errors.push(error.message))
    const closed = nextClose(server)
    const client = await SocketClient.open(server.address)
    client.send(`${request}?`)
    t.is(await client.finish(), 'fin')
    t.is((await closed).code, code)
    t.is(errors.length, message === undefined ? 0 : 1)
    if (message !== undefined) t.regex(errors[0] ?? '', message)
  })
}

test('a thread that dies fails what it had begun, is told of and replaced', async t => {
  const server = await start(t, 'loop-and-pool', { handlerModule: MODULE, workers: 1 })
  const codes: string[] = []
  server.on('error', error => codes.push((error as LancelotError).code))
  const closed = nextClose(server)
  const client = await SocketClient.open(server.address)
  client.send('die?')
  t.is(await client.finish(), 'fin')
  t.is((await closed).code, 'handler-threw')
  t.is((await ask(server, 'a')).said, 'Ma.')
  t.deepEqual(codes.sort(), ['ERR_LANCELOT_HANDLER', 'ERR_LANCELOT_WORKER'])
})

test('a handler that is a function is asked on the main thread', async t => {
  const server = await start(t, 'loop-and-pool', { handler: () => `${process.pid}.` })
  t.is((await ask(server, 'a')).said, `${process.pid}.`)
})

test('a module that cannot be imported is refused at the start', async t => {
  const handlerModule = new URL('./modules/missing.mjs', import.meta.url)
  const error = await t.throwsAsync(start(t, 'loop-and-pool', { handlerModule }))
  t.is((error as LancelotError).code, 'ERR_LANCELOT_HANDLER_MODULE')
})

test('a port in use is told', async t => {
  const server = await start(t, 'loop-and-pool', { handlerModule: MODULE })
  const { port } = server.address
  const error = await t.throwsAsync(start(t, 'loop-and-pool', { handlerModule: MODULE, port }))
  t.is((error as LancelotError).code, 'EADDRINUSE')
})
