/** What nobody listens to is not even recorded, and what comes too fast is dropped and counted. */

import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import type { Connection, LancelotError } from '../../index.ts'
import { loadAddon, type NativeServer } from '../../src/native.ts'
import { parseServerOptions } from '../../src/options.ts'
import { HelperThread } from './helper-thread.ts'
import { start } from './start.ts'
import { converse, inTurns } from './talk.ts'

/** A server of the addon without the facade, so that the doorbell can be heard. */
async function startBare(doorbell: () => void): Promise<NativeServer> {
  const addon = await loadAddon()
  const { unknownAnswer, handler, routes, encoding, ...settings } = parseServerOptions({
    port: 0,
    unknownAnswer: 'a',
  })
  const native = new addon.NativeServer({
    ...settings,
    design: 'poll',
    workers: 1,
    unknownAnswer: unknownAnswer as Buffer,
    hasHandler: handler !== undefined,
    routes: routes.map(({ prefix }) => prefix),
    knowsRequests: encoding !== 'buffer',
  })
  native.listen(doorbell)
  return native
}

test('without listeners nothing is recorded and no doorbell rings', async t => {
  let rings = 0
  const native = await startBare(() => {
    rings += 1
  })
  const words = new Uint32Array(1 + 6 * 1000)
  const text = Buffer.alloc(65_536)
  // It rings once when it is hung up.
  while (rings === 0) await turn()
  t.is(native.drain(words, text), 0)
  await inTurns(100, 10, async () => {
    t.is((await converse(native.port, ['q?'])).toString(), 'a')
  })
  t.is(rings, 1)
  t.is(native.drain(words, text), 0)
  native.setInterest(true, false, false, true)
  await inTurns(10, 1, async () => void (await converse(native.port, ['q?'])))
  while (native.stats().closed < 110) await turn()
  while (rings === 1) await turn()
  t.true(native.drain(words, text) > 0)
  const stopped = rings
  native.stop(0)
  while (rings === stopped) await turn()
  native.release()
})

test('events that JavaScript slept through are bounded; the rest is announced', async t => {
  t.timeout(120_000)
  const kept = 65_536
  const connections = kept + 4000
  const server = await start(t, { answers: { q: 'a' } })
  const open = new Set<Connection>()
  let told = 0
  let announced = 0
  server.on('connection', connection => {
    told += 1
    open.add(connection)
  })
  // Who was told that a connection opened is told that it ended, whatever was dropped meanwhile.
  server.on('close', connection => {
    told += 1
    t.true(open.delete(connection))
  })
  server.on('error', error => {
    t.is((error as LancelotError).code, 'ERR_LANCELOT_EVENTS_DROPPED')
    announced += Number(/^(\d+) events were dropped/.exec(error.message)?.[1])
  })
  const resetter = await HelperThread.start('resetter.mjs', {
    port: server.address.port,
    connections,
  })
  t.is(resetter.sleepUntilDone(), 1)
  // Configured answers do not mind; this conversation also lets the loop announce what it dropped.
  await converse(server.address.port, ['q?'])
  while (announced === 0) await turn()
  await resetter.ended()
  await server.close()
  const { accepted, eventsDropped } = server.stats()
  t.is(open.size, 0)
  t.is(told + eventsDropped, 2 * accepted)
  t.is(announced, eventsDropped)
  t.true(eventsDropped >= 2 * (connections - kept), String(eventsDropped))
  t.true(told >= 2 * kept, String(told))
})
