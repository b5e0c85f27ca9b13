/**
 * User memory per idle connection that has asked once.
 *
 * Anonymous memory of the server's process (page by page, from smaps_rollup), with the connections
 * open, minus before, over their number. What a process needs only once is not to be charged to the
 * connections: before the first reading a few come, ask and go, and garbage is collected at both
 * readings. A fresh process for each repeat, for memory given back stays with the allocator.
 */

import { readFile } from 'node:fs/promises'
import { BenchError } from './bench-error.ts'
import {
  type Faults,
  type HoldResult,
  type LoadProcess,
  startLoad,
  sumFaults,
} from './load-process.ts'
import { LOAD_CORE, requireTools } from './machine.ts'
import { buildServers, type RunningServer, type ServerName, startServer } from './servers.ts'
import { median } from './statistics.ts'
import { figure, markdownTable } from './table.ts'

const CONNECTIONS = 15_000
const CONNECTIONS_QUICK = 2000
const REPEATS = 5
const WARMING_CONNECTIONS = 64
const WARMING_TIMES = 20

/** Measures and prints the table. Resolves to the faults of all repeats. */
export async function runMemory(names: readonly ServerName[], quick: boolean): Promise<Faults> {
  requireTools('taskset')
  buildServers(names)
  const connections = quick ? CONNECTIONS_QUICK : CONNECTIONS
  const load = await startLoad(LOAD_CORE)
  const results: HoldResult[] = []
  const rows: string[][] = []
  try {
    for (const name of names.filter(each => each !== 'floor again')) {
      const bytes: number[] = []
      for (let repeat = 0; repeat < (quick ? 1 : REPEATS); repeat++) {
        const server = await startServer(name)
        try {
          bytes.push(await measureOnce(server, load, connections, results))
        } finally {
          await server.stop()
        }
      }
      const spread = `${figure(Math.min(...bytes))} to ${figure(Math.max(...bytes))}`
      rows.push([name, figure(median(bytes)), spread])
    }
  } finally {
    await load.stop()
  }
  console.log(
    `\n### User memory per idle connection, ${connections.toLocaleString('en-US')} open\n`,
  )
  console.log(markdownTable(['server', 'bytes (median)', 'spread'], rows))
  return sumFaults(results)
}

async function measureOnce(
  server: RunningServer,
  load: LoadProcess,
  connections: number,
  results: HoldResult[],
): Promise<number> {
  for (let time = 0; time < WARMING_TIMES; time++) {
    results.push(await load.hold(server, WARMING_CONNECTIONS))
    await load.release()
  }
  await server.settle()
  const before = await anonymousBytes(server.pid)
  const result = await load.hold(server, connections)
  results.push(result)
  if (result.held !== connections) {
    const found = `${server.name} held ${result.held} of ${connections} connections`
    throw new BenchError('MACHINE_UNFIT', `${found}; raise the limit of open files (ulimit -n)`)
  }
  await server.settle()
  const after = await anonymousBytes(server.pid)
  await load.release()
  return (after - before) / connections
}

/** Memory of a process that no file backs: heaps and stacks. */
async function anonymousBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
  const found = /^Anonymous:\s+(\d+) kB$/m.exec(text)?.[1]
  if (found !== undefined) return Number(found) * 1024
  throw new BenchError('OUTPUT_UNREADABLE', `/proc/${pid}/smaps_rollup has no line 'Anonymous:'`)
}
