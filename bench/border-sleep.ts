/**
 * Over a million events while JavaScript sleeps for five seconds: what they cost in memory, and
 * whether every one of them was delivered or counted as dropped.
 *
 * The events are the requests and responses of questions that the table answers, so that the
 * server itself goes on. JavaScript has a core of its own, as in `blocked.ts`.
 */

import { availableParallelism } from 'node:os'
import { type Generator, startGenerator } from '../src/load/generator.ts'
import { LOAD_CORE, requireTools, SERVER_CORE } from '../src/load/machine.ts'
import { forgetPeak, peakBytes } from './accounts.ts'
import { BenchError } from './bench-error.ts'
import { pinMainThread } from './blocked.ts'
import { settledAccount, unaccounted } from './border-events.ts'
import type { BorderSettings } from './border-settings.ts'
import { runCounted } from './counted.ts'
import { type Faults, sumFaults } from './faults.ts'
import { buildServers, entryOf, type RunningServer, startServer, stopAll } from './servers.ts'
import { figure, markdownTable } from './table.ts'

const SLEEP_MS = 5000
const SHAPE = { connections: 50, depth: 16 }
/** Each is two events. */
const REQUESTS = 560_000
const REQUESTS_QUICK = 160_000
const REQUESTS_WARMING = 160_000
/** What may wait for JavaScript, by docs/protocol.md: so many events, with so much text. */
const EVENTS_QUEUED_MAX = 65_536
const EVENT_BYTES = 24
const TEXT_QUEUED_BYTES_MAX = 16 * 1024 * 1024

/** Measures and prints the table. Resolves to the faults, an event that is nowhere among them. */
export async function measureSleep({ quick }: BorderSettings): Promise<Faults> {
  requireTools('taskset')
  buildServers(['native'])
  const server = await startServer(entryOf('native', 'exchanges'))
  const hasThirdCore = availableParallelism() >= 3
  const load = await startGenerator(hasThirdCore ? LOAD_CORE : SERVER_CORE)
  try {
    pinMainThread(server.pid, hasThirdCore ? LOAD_CORE + 1 : LOAD_CORE)
    const warming = await runCounted(load, server, { ...SHAPE, requests: REQUESTS_WARMING })
    const before = await settledAccount(server)
    await server.settle()
    const asleep = await askWhileAsleep(server, load, quick ? REQUESTS_QUICK : REQUESTS)
    const after = await settledAccount(server)
    const produced = after.produced - before.produced
    const delivered = after.delivered - before.delivered
    const dropped = after.dropped - before.dropped
    const bound = EVENTS_QUEUED_MAX * EVENT_BYTES + TEXT_QUEUED_BYTES_MAX
    console.log(`\n### Events while JavaScript sleeps for ${SLEEP_MS} ms\n`)
    console.log(
      markdownTable(
        ['what', 'figure'],
        [
          ['events produced', figure(produced)],
          ['delivered afterwards', figure(delivered)],
          ['dropped and counted', figure(dropped)],
          ['neither', figure(produced - delivered - dropped)],
          ['MiB more while asleep, at most', mebibytes(asleep.grownBytes)],
          ['MiB that may wait for JavaScript', mebibytes(bound)],
          [
            'MiB more until all were delivered',
            mebibytes(await peakBytes(server.pid), asleep.base),
          ],
        ],
      ),
    )
    const unheard = { wrong: 0, lost: 0, missing: unaccounted(after) }
    return sumFaults([warming.faults, asleep.faults, unheard])
  } finally {
    await stopAll([load, server])
  }
}

/** Lets JavaScript sleep and asks meanwhile; by how much the process grew before it woke. */
async function askWhileAsleep(
  server: RunningServer,
  load: Generator,
  requests: number,
): Promise<{ faults: Faults; grownBytes: number; base: number }> {
  await forgetPeak(server.pid)
  const base = await peakBytes(server.pid)
  const { free } = await server.block(SLEEP_MS)
  let isFree = false
  const freed = free.then(() => {
    isFree = true
  })
  const { faults } = await runCounted(load, server, { ...SHAPE, requests })
  const grownBytes = (await peakBytes(server.pid)) - base
  const isLate = isFree
  await freed
  if (!isLate) return { faults, grownBytes, base }
  const found = `${requests} requests were not answered within ${SLEEP_MS} ms`
  throw new BenchError('MACHINE_UNFIT', `${found}, expected a machine that is otherwise idle`)
}

function mebibytes(bytes: number, base = 0): string {
  return ((bytes - base) / 2 ** 20).toFixed(1)
}
