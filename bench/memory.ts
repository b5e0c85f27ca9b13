/**
 * User memory per connection that stays open and idle.
 *
 * Anonymous memory of the server's process (page by page, from smaps_rollup), with the connections
 * open, minus before, over their number. What a process needs only once is not to be charged to the
 * connections: before the first reading a few come, ask and go, and garbage is collected at both
 * readings. A fresh process for each repeat, for memory given back stays with the allocator.
 */

import { setTimeout as wait } from 'node:timers/promises'
import { type Generator, startGenerator } from '../src/load/generator.ts'
import { LOAD_CORE, requireTools } from '../src/load/machine.ts'
import { median } from '../src/load/statistics.ts'
import { anonymousBytes, openFiles } from './accounts.ts'
import { BenchError } from './bench-error.ts'
import { type Faults, faultsOf, sumFaults } from './faults.ts'
import {
  buildServers,
  type Entry,
  entryOf,
  type RunningServer,
  type ServerName,
  startServer,
} from './servers.ts'
import { figure, markdownTable } from './table.ts'

const CONNECTIONS = 15_000
const CONNECTIONS_QUICK = 2000
const REPEATS = 5
const WARMING_CONNECTIONS = 64
const WARMING_TIMES = 20
const ACCEPT_STEP_MS = 20
const ACCEPT_MS_MAX = 30_000

/** How many connections are open in the runs that need many. */
export function manyConnections(quick: boolean): number {
  return quick ? CONNECTIONS_QUICK : CONNECTIONS
}

/** Measures and prints the table. Resolves to the faults of all repeats. */
export function runMemory(names: readonly ServerName[], quick: boolean): Promise<Faults> {
  // The floor's second entry would only repeat the first.
  const entries = names.filter(name => name !== 'floor again').map(name => entryOf(name))
  return measureMemory('User memory per idle connection', entries, quick)
}

/** The same for any entries; those of `silent` connections have never asked. */
export async function measureMemory(
  title: string,
  entries: readonly Entry[],
  quick: boolean,
  silent?: 'silent',
): Promise<Faults> {
  requireTools('taskset')
  buildServers(entries.map(({ server }) => server))
  const connections = manyConnections(quick)
  const load = await startGenerator(LOAD_CORE)
  const faults: Faults[] = []
  const rows: string[][] = []
  try {
    for (const entry of entries) {
      const bytes: number[] = []
      for (let repeat = 0; repeat < (quick ? 1 : REPEATS); repeat++) {
        const server = await startServer(entry)
        try {
          bytes.push(await measureOnce(server, load, connections, faults, silent))
        } finally {
          await server.stop()
        }
      }
      const spread = `${figure(Math.min(...bytes))} to ${figure(Math.max(...bytes))}`
      rows.push([entry.label, figure(median(bytes)), spread])
    }
  } finally {
    await load.stop()
  }
  console.log(`\n### ${title}, ${connections.toLocaleString('en-US')} open\n`)
  console.log(markdownTable(['server', 'bytes (median)', 'spread'], rows))
  return sumFaults(faults)
}

async function measureOnce(
  server: RunningServer,
  load: Generator,
  connections: number,
  faults: Faults[],
  silent?: 'silent',
): Promise<number> {
  for (let time = 0; time < WARMING_TIMES; time++) {
    const warming = { port: server.port, connections: WARMING_CONNECTIONS }
    faults.push(faultsOf(await load.hold(warming)))
    await load.release()
  }
  await server.settle()
  const before = await anonymousBytes(server.pid)
  faults.push(await holdAll(server, load, connections, silent))
  await server.settle()
  const after = await anonymousBytes(server.pid)
  await load.release()
  return (after - before) / connections
}

/** Opens the connections; resolves to the faults when the server has taken every one of them. */
export async function holdAll(
  server: RunningServer,
  load: Generator,
  connections: number,
  silent?: 'silent',
): Promise<Faults> {
  const before = await openFiles(server.pid)
  const asks = silent === undefined
  const result = await load.hold({ port: server.port, connections, asks })
  if (result.held !== connections) {
    const found = `${server.label} held ${result.held} of ${connections} connections`
    throw new BenchError('MACHINE_UNFIT', `${found}; raise the limit of open files (ulimit -n)`)
  }
  for (let waitedMs = 0; waitedMs < ACCEPT_MS_MAX; waitedMs += ACCEPT_STEP_MS) {
    if ((await openFiles(server.pid)) >= before + connections) return faultsOf(result)
    await wait(ACCEPT_STEP_MS)
  }
  const found = `${server.label} did not take ${connections} connections in ${ACCEPT_MS_MAX} ms`
  throw new BenchError('SERVER_FAILED', `${found}, expected it to take every one`)
}
