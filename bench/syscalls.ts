/**
 * System calls per request, counted by `strace -c -f` in a round of their own.
 *
 * A traced server is slow, so more connections are ready at each wake-up than in the timed slices,
 * and the share of epoll_wait is lower than there. Accepting and closing the connections is
 * counted with the rest, and adds less than 0.01 a request.
 */

import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Generator } from '../src/load/generator.ts'
import { requireTools } from '../src/load/machine.ts'
import { BenchError } from './bench-error.ts'
import { type Counted, type CountedLoad, runCounted, withGenerator } from './counted.ts'
import { type Faults, sumFaults } from './faults.ts'
import {
  buildServers,
  entryOf,
  type RunningServer,
  type ServerName,
  startServer,
  stopAll,
} from './servers.ts'
import { type CallCounts, parseStraceSummary } from './strace-summary.ts'
import { figure, markdownTable } from './table.ts'

const CONNECTIONS = 50
/** Long enough that opening and closing the connections does not show. */
const RUNS = [
  { depth: 1, requests: 40_000 },
  { depth: 16, requests: 640_000 },
] as const
const QUICK_DIVISOR = 10
/** System calls rarer than this a request are not named. */
const NAMED_MIN = 0.005
const ATTACH_MS_MAX = 10_000

/** Runs the round and prints its table. Resolves to the faults of all runs. */
export async function runSyscalls(names: readonly ServerName[], quick: boolean): Promise<Faults> {
  requireTools('taskset', 'strace')
  buildServers(names)
  const faults: Faults[] = []
  const rows: string[][] = []
  await withGenerator(async (load, folder) => {
    // The floor's second entry would only repeat the count.
    for (const name of names.filter(each => each !== 'floor again')) {
      const row: string[] = [name]
      for (const { depth, requests } of RUNS) {
        const run = {
          connections: CONNECTIONS,
          depth,
          requests: requests / (quick ? QUICK_DIVISOR : 1),
        }
        const { counts, result } = await traceRun(name, load, run, join(folder, 'summary'))
        faults.push(result.faults)
        row.push(...describeCounts(counts, result.requests))
      }
      rows.push(row)
    }
  })
  const header = ['server', 'depth 1', 'of which', 'depth 16', 'of which']
  console.log(`\n### System calls per request, ${CONNECTIONS} connections\n`)
  console.log(markdownTable(header, rows))
  return sumFaults(faults)
}

async function traceRun(
  name: ServerName,
  load: Generator,
  run: CountedLoad,
  file: string,
): Promise<{ counts: CallCounts; result: Counted }> {
  const server = await startServer(entryOf(name))
  try {
    const trace = await attach(server, file)
    let result: Counted
    try {
      result = await runCounted(load, server, run)
    } finally {
      await trace.stop()
    }
    return { counts: parseStraceSummary(await readFile(file, 'utf8')), result }
  } finally {
    await stopAll([server])
  }
}

/** Attaches to every thread of a server; resolves when calls are being counted. */
async function attach(server: RunningServer, file: string): Promise<{ stop(): Promise<void> }> {
  const words = ['-c', '-f', '-p', String(server.pid), '-o', file]
  const child = spawn('strace', words, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  let said = ''
  await new Promise<void>((resolve, reject) => {
    const fail = (): void => {
      child.kill('SIGKILL')
      const hint = 'expected it to attach; tracing needs root or ptrace_scope 0'
      reject(new BenchError('MACHINE_UNFIT', `strace said: ${said.trim()}; ${hint}`))
    }
    const timer = setTimeout(fail, ATTACH_MS_MAX)
    child.once('close', fail)
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (!said.includes('attached')) return
      clearTimeout(timer)
      child.off('close', fail)
      resolve()
    })
  })
  return {
    stop: async () => {
      child.kill('SIGINT')
      await ended
    },
  }
}

/** The sum, and the calls that make it up. */
function describeCounts(counts: CallCounts, requests: number): [string, string] {
  const sum = counts.reduce((total, { calls }) => total + calls, 0)
  const named = counts.filter(({ calls }) => calls / requests >= NAMED_MIN)
  const parts = named.map(({ name, calls }) => `${name} ${(calls / requests).toFixed(3)}`)
  return [figure(sum / requests), parts.join(', ')]
}
