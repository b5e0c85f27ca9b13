/** The load generator as it is spoken to: counted runs, connections that are held, failures. */

import test, { type ExecutionContext } from 'ava'
import { startJsServer } from '../../index.ts'
import { type Generator, startGenerator } from '../../src/load/generator.ts'
import { lancelot } from '../../src/protocols/lancelot.ts'
import type { LancelotServer } from '../../src/server.ts'

async function start(
  t: ExecutionContext,
): Promise<{ server: LancelotServer; generator: Generator }> {
  const server = await startJsServer({ ...lancelot.options, port: 0 })
  t.teardown(() => server.close({ drainMsMax: 0 }))
  const generator = await startGenerator()
  t.teardown(() => generator.stop())
  return { server, generator }
}

test('a run of so many requests asks no more and no fewer', async t => {
  const { server, generator } = await start(t)
  const { due, right, usersWaiting } = await generator.run({
    shape: 'run',
    port: server.address.port,
    model: { kind: 'closed', users: 3, depth: 16, requestsMax: 480 },
    warmMs: 0,
    measureMs: 60_000,
  })
  t.deepEqual([due, right, usersWaiting], [480, 480, 0])
  // With the first burst of every user.
  t.is(server.stats().requests, 480 + 3 * 16)
})

test('connections that are held stay, get what they are told, and leave together', async t => {
  const { server, generator } = await start(t)
  const { port } = server.address
  t.like(await generator.hold({ port, connections: 30, asks: false }), { held: 30 })
  t.is(server.stats().requests, 0)
  t.like(await generator.hold({ port, connections: 40 }), { held: 40, wrong: 0, lost: 0 })
  t.is(server.stats().requests, 40)
  const told = generator.receive('Camelot!')
  // Those that were held before may still be leaving.
  t.true((await server.broadcast('Camelot!')) >= 40)
  t.like(await told, { held: 40, wrong: 0, lost: 0, refused: 0, unanswered: 0 })
  t.is((await generator.release()).released, 40)
  t.is((await generator.release()).released, 0)
})

test('what was pushed is held against what was to come', async t => {
  const { server, generator } = await start(t)
  await generator.hold({ port: server.address.port, connections: 7 })
  const told = generator.receive('It is only a model.')
  await server.broadcast('It is only a modem.')
  t.like(await told, { held: 0, wrong: 7 })
})

test('a command waits for those before it, and its failure does not touch the next', async t => {
  const { server, generator } = await start(t)
  const { port } = server.address
  const results = await Promise.allSettled([
    generator.receive('Camelot!'),
    generator.hold({ port, connections: 0 }),
    generator.hold({ port, connections: 1 }),
  ])
  t.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'rejected', 'fulfilled'],
  )
})

test('a failure says what was told, and where, and has the code of the generator', async t => {
  const { generator } = await start(t)
  await t.throwsAsync(generator.receive('Camelot!'), {
    code: 'ERR_LANCELOT_LOAD',
    message: /cannot receive: NOTHING_HELD: .*hold some/,
  })
  await t.throwsAsync(generator.hold({ port: 1060, connections: 0 }), {
    code: 'ERR_LANCELOT_LOAD',
    message: /cannot hold on port 1060: BAD_RANGE: connections is 0, expected 1 to/,
  })
})
