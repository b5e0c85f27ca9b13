/** What a crew keeps for a leader that sleeps, and for members that block: bounded and counted. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import type { LancelotError } from '../../src/errors.ts'
import type { LancelotServer } from '../../src/server.ts'
import type { Connection } from '../../src/types.ts'
import { HelperThread } from '../native/helper-thread.ts'
import { SocketClient } from '../socket-client.ts'
import { askAgain, type Crew, MODULE, start, untilStats } from './crews.ts'

const STANDING: readonly Crew[] = ['processes', 'worker-threads']
const MEMBERS: readonly Crew[] = [...STANDING, 'inetd']
/** What a member keeps for its leader: see reporter.ts. */
const EVENTS_MAX = 65_536
const MIB = 'x'.repeat(1024 * 1024)
/** What of `MIB` a member may have waiting: see crew-outbox.ts. */
const PUSHES_MAX = 63

/** Opens connections at a server; they are served, and begin when this thread goes to sleep. */
async function prepareFlood(
  t: ExecutionContext,
  server: LancelotServer,
  flood: { connections: number; stream: string; answered: number; resets: boolean },
): Promise<HelperThread> {
  const { port } = server.address
  const flooder = await HelperThread.start('../../crew/children/flooder.mjs', { port, ...flood })
  t.teardown(() => flooder.ended())
  return flooder
}

/** Counts what is told, and asserts that every end has its beginning. */
function observe(t: ExecutionContext, server: LancelotServer): { told: number; announced: number } {
  const counts = { told: 0, announced: 0 }
  const open = new Set<Connection>()
  const tell = (): void => {
    counts.told += 1
  }
  server.on('connection', connection => {
    tell()
    open.add(connection)
  })
  server.on('request', tell).on('response', tell)
  server.on('close', connection => {
    tell()
    if (!open.delete(connection)) t.fail('an end without a beginning')
  })
  server.on('error', error => {
    t.is((error as LancelotError).code, 'ERR_LANCELOT_EVENTS_DROPPED')
    counts.announced += Number(/^(\d+) events were dropped/.exec(error.message)?.[1])
  })
  return counts
}

for (const crew of MEMBERS) {
  test.serial(`${crew}: events that the leader slept through are bounded and counted`, async t => {
    const server = await start(t, crew, crew === 'inetd' ? {} : { workers: 1 })
    const counts = observe(t, server)
    const requests = EVENTS_MAX
    const flooder = await prepareFlood(t, server, {
      connections: 1,
      stream: 'x?'.repeat(requests),
      answered: 2 * requests,
      resets: false,
    })
    const before = counts.told
    t.is(flooder.sleepUntilDone(), 1)
    await untilStats(server, { accepted: 1, closed: 1 })
    await server.close()
    const { eventsDropped } = server.stats()
    // It opened, ended, and every request was told of and answered.
    t.is(counts.told + eventsDropped, 2 + 2 * (requests + 1))
    t.is(counts.announced, eventsDropped)
    t.true(counts.told - before <= EVENTS_MAX + 1, `${counts.told} were told`)
  })
}

for (const crew of STANDING) {
  test.serial(`${crew}: requests that the leader slept through are bounded`, async t => {
    let asked = 0
    const server = await start(t, crew, {
      workers: 1,
      inFlightServerMax: 4,
      routes: {
        a: () => {
          asked += 1
          return 'A.'
        },
      },
    })
    // Each is gone before the leader could hear what it asked, and is in flight no more.
    const connections = 300
    const flood = { connections, stream: 'x?a?', answered: 2, resets: true }
    const flooder = await prepareFlood(t, server, flood)
    t.is(flooder.sleepUntilDone(), 1)
    await untilStats(server, { accepted: connections, open: 0, inFlight: 0 })
    // As many as may be in flight, and what may be taken without being acknowledged.
    t.true(asked > 4 && asked <= 4 + 64, `${asked} were asked`)
    const client = await SocketClient.open(server.address)
    for (let count = 0; count < 200; count++) t.is(await askAgain(client, 'a'), 'A.')
    client.reset()
  })
}

/**
 * A member that blocks in its handler's module until it is freed, and a connection of it, which
 * waits for a response that is released.
 */
async function hold(
  t: ExecutionContext,
  crew: Crew,
): Promise<{
  server: LancelotServer
  client: SocketClient
  connection: Connection
  free: () => void
  release: () => void
}> {
  const folder = mkdtempSync(join(tmpdir(), 'lancelot-'))
  const path = join(folder, 'free')
  t.teardown(() => rmSync(folder, { recursive: true }))
  let release = (): void => {}
  const response = new Promise<string>(resolve => {
    release = () => resolve('Route.')
  })
  const server = await start(t, crew, {
    handlerModule: MODULE,
    routes: { route: () => response },
    ...(crew === 'inetd' ? {} : { workers: 1 }),
  })
  const met = new Promise<Connection>(resolve => server.once('connection', resolve))
  const client = await SocketClient.open(server.address)
  client.send('x?')
  await client.expect('X.')
  const connection = await met
  client.send('route?')
  await untilStats(server, { inFlight: 1 })
  client.send(`hold ${path}?`)
  while (!existsSync(`${path}.held`)) await turn()
  return { server, client, connection, free: () => writeFileSync(path, ''), release }
}

/** Pushes more than may wait, and resolves to those that wait. */
async function pushOver(
  t: ExecutionContext,
  server: LancelotServer,
  connection: Connection,
): Promise<Promise<boolean>[]> {
  const waiting = Array.from({ length: PUSHES_MAX }, () => connection.send(MIB))
  for (let count = 0; count < 5; count++) t.false(await connection.send(MIB))
  t.is(await server.broadcast(MIB), 0)
  t.is(server.stats().pushesDropped, 6)
  return waiting
}

for (const crew of MEMBERS) {
  test.serial(
    `${crew}: pushes to a member that blocks are bounded, refused and counted`,
    async t => {
      const { server, client, connection, free, release } = await hold(t, crew)
      release()
      const waiting = await pushOver(t, server, connection)
      free()
      const taken = (await Promise.all(waiting)).filter(isTaken => isTaken).length
      t.true(taken > 0)
      await untilStats(server, { pushed: taken, pushesDropped: PUSHES_MAX - taken + 6 })
      t.true(await connection.join('knights'), 'there is room again')
      client.socket.destroy()
    },
  )

  test.serial(
    `${crew}: what a member had not taken when it died is dropped and settled`,
    async t => {
      const { server, client, connection, release } = await hold(t, crew)
      release()
      const waiting = await pushOver(t, server, connection)
      const others = [connection.join('knights'), connection.stats(), server.broadcast('x')]
      t.deepEqual(await server.close({ drainMsMax: 0 }), { drained: 0, cut: 1 })
      t.deepEqual(await Promise.all(waiting), Array(PUSHES_MAX).fill(false))
      t.deepEqual(await Promise.all(others), [false, undefined, 0])
      t.like(server.stats(), { pushed: 0, pushesDropped: PUSHES_MAX + 7, responsesDropped: 1 })
      client.socket.destroy()
    },
  )
}

for (const crew of STANDING) {
  test.serial(
    `${crew}: a table that changes while a member blocks is right afterwards`,
    async t => {
      const { server, client, free, release } = await hold(t, crew)
      release()
      for (let number = 0; number < 20_000; number++) {
        server.answers.set('y', `${number}.`)
        server.answers.set(`z${number % 100}`, `${number}.`)
      }
      server.answers.delete('z0')
      free()
      const wanted = { y: '19999.', z99: '19999.', z98: '19998.', x: 'X.' }
      while ((await askAgain(client, 'y')) !== wanted.y) await turn()
      for (const [key, answer] of Object.entries(wanted)) t.is(await askAgain(client, key), answer)
      t.is(await askAgain(client, 'z0'), 'Mz0.')
      client.reset()
    },
  )
}
