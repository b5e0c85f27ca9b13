/**
 * Does the native server go on while JavaScript runs `while (true)`? Its throughput before, while
 * JavaScript is blocked for five seconds, and after.
 *
 * The JavaScript thread gets a core of its own, for the question is whether the loop needs it and
 * not how two busy threads share a core. With two cores, the load shares the loop's in all phases.
 */

import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { type Generator, startGenerator } from '../src/load/generator.ts'
import type { RunResult } from '../src/load/load-protocol.ts'
import { LOAD_CORE, requireTools, SERVER_CORE } from '../src/load/machine.ts'
import { median } from '../src/load/statistics.ts'
import { BenchError } from './bench-error.ts'
import { SLICE_TIMES } from './compare.ts'
import { type Faults, faultsOf, sumFaults } from './faults.ts'
import { buildServers, entryOf, type RunningServer, startServer, stopAll } from './servers.ts'
import { figure, markdownTable } from './table.ts'

const BLOCKED_MS = 5000
const BLOCKED_MS_QUICK = 1000
const MODEL = { kind: 'closed', users: 50, depth: 1 } as const
/** What a slice takes with opening and closing, generously: so many fit the blocked phase. */
const SLICE_MS_WITH_REST = 480

/** Measures and prints the table. Resolves to the faults of all slices. */
export async function runBlocked(quick: boolean): Promise<Faults> {
  requireTools('taskset')
  buildServers(['native'])
  const blockedMs = quick ? BLOCKED_MS_QUICK : BLOCKED_MS
  const slices = Math.floor(blockedMs / SLICE_MS_WITH_REST)
  const server = await startServer(entryOf('native'))
  const hasThirdCore = availableParallelism() >= 3
  const load = await startGenerator(hasThirdCore ? LOAD_CORE : SERVER_CORE)
  try {
    pinMainThread(server.pid, hasThirdCore ? LOAD_CORE + 1 : LOAD_CORE)
    await measure(server, load, 1)
    const before = await measure(server, load, slices)
    const { free } = await server.block(blockedMs)
    let isFree = false
    const freed = free.then(() => {
      isFree = true
    })
    // A slice that ended after JavaScript was free again proves nothing.
    const during: RunResult[] = []
    while (during.length < slices) {
      const [slice] = await measure(server, load, 1)
      if (isFree || slice === undefined) break
      during.push(slice)
    }
    await freed
    const after = await measure(server, load, slices)
    print(before, during, after, blockedMs)
    return sumFaults([...before, ...during, ...after].map(faultsOf))
  } finally {
    await stopAll([load, server])
  }
}

/** Moves the JavaScript thread, which is the process's first, and none of the others. */
export function pinMainThread(pid: number, core: number): void {
  const { status } = spawnSync('taskset', ['-c', '-p', String(core), String(pid)])
  if (status === 0) return
  throw new BenchError('MACHINE_UNFIT', `taskset could not move process ${pid} to core ${core}`)
}

async function measure(
  server: RunningServer,
  load: Generator,
  slices: number,
): Promise<RunResult[]> {
  const results: RunResult[] = []
  for (let slice = 0; slice < slices; slice++) {
    const { port, pid } = server
    results.push(await load.run({ shape: 'run', port, pid, model: MODEL, ...SLICE_TIMES }))
  }
  return results
}

function rate(results: readonly RunResult[]): number {
  return median(results.map(({ right, wallUs }) => right / (wallUs / 1e6)))
}

function print(
  before: readonly RunResult[],
  during: readonly RunResult[],
  after: readonly RunResult[],
  blockedMs: number,
): void {
  if (during.length === 0) {
    throw new BenchError('MACHINE_UNFIT', `no slice fitted the ${blockedMs} ms of being blocked`)
  }
  const free = rate([...before, ...after])
  const row = (phase: string, results: readonly RunResult[]): string[] => {
    const worst = Math.max(...results.map(({ maxUs }) => maxUs))
    return [phase, figure(rate(results)), (rate(results) / free).toFixed(3), figure(worst)]
  }
  const rows = [row('before', before), row('blocked', during), row('after', after)]
  console.log(`\n### Native, JavaScript blocked for ${blockedMs} ms\n`)
  console.log(markdownTable(['phase', 'requests/s', 'against free', 'longest us'], rows))
}
