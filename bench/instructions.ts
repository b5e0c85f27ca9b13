/**
 * User instructions per answered request, by callgrind: the difference of two run lengths over the
 * difference of their requests, so that starting, connecting and closing cancel.
 *
 * Of the floor and of the engine alone (its example `serve`), each without any JavaScript.
 */

import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '../src/load/free-port.ts'
import type { Generator } from '../src/load/generator.ts'
import { startLineProcess } from '../src/load/line-process.ts'
import { pinned, requireTools, SERVER_CORE } from '../src/load/machine.ts'
import { BenchError } from './bench-error.ts'
import { parseCallgrindTotal } from './callgrind-total.ts'
import { type Counted, type CountedLoad, runCounted, withGenerator } from './counted.ts'
import { type Faults, sumFaults } from './faults.ts'
import { cargoBuild, releaseProgram } from './programs.ts'
import { figure, markdownTable } from './table.ts'

const CONNECTIONS = 10
/** Requests of the short and of the long run; every connection asks as many as any other. */
const RUNS = [
  { depth: 1, short: 2000, long: 22_000 },
  { depth: 16, short: 16_000, long: 336_000 },
] as const
const QUICK_DIVISOR = 10
const START_MS_MAX = 60_000
const START_STEP_MS = 50

/** Both take a port as their only argument and serve the Launcelot answers on 127.0.0.1. */
const PROGRAMS = [
  { name: 'floor', program: 'lancelot-floor' },
  { name: 'engine', program: 'examples/serve' },
] as const

/** Counts and prints the table. Resolves to the faults of all runs. */
export async function runInstructions(quick: boolean): Promise<Faults> {
  requireTools('taskset', 'valgrind')
  cargoBuild('--package', 'lancelot-floor')
  cargoBuild('--package', 'lancelot-engine', '--example', 'serve')
  const faults: Faults[] = []
  const rows: string[][] = []
  await withGenerator(async (load, folder) => {
    for (const { name, program } of PROGRAMS) {
      const row: string[] = [name]
      for (const { depth, short, long } of RUNS) {
        const count = async (requests: number): Promise<number> => {
          const run = {
            connections: CONNECTIONS,
            depth,
            requests: requests / (quick ? QUICK_DIVISOR : 1),
          }
          const { instructions, result } = await countOnce(program, load, run, join(folder, 'out'))
          faults.push(result.faults)
          return instructions
        }
        const requests = (long - short) / (quick ? QUICK_DIVISOR : 1)
        row.push(figure(((await count(long)) - (await count(short))) / requests))
      }
      rows.push(row)
    }
  })
  console.log(`\n### User instructions per request, ${CONNECTIONS} connections\n`)
  console.log(markdownTable(['server', 'depth 1', 'depth 16'], rows))
  return sumFaults(faults)
}

/** One run of a fresh process, from its start to its end. */
async function countOnce(
  program: string,
  load: Generator,
  run: CountedLoad,
  file: string,
): Promise<{ instructions: number; result: Counted }> {
  const port = await freePort()
  const valgrind = ['valgrind', '--tool=callgrind', `--callgrind-out-file=${file}`]
  const command = [...valgrind, releaseProgram(program), String(port)]
  const server = await startLineProcess(pinned(SERVER_CORE, command))
  let result: Counted
  try {
    await untilListening(port, server.errors)
    result = await runCounted(load, { port }, run)
  } finally {
    // Valgrind writes its file when the signal ends the program.
    await server.stop('SIGTERM')
  }
  return { instructions: parseCallgrindTotal(await readFile(file, 'utf8')), result }
}

/** Resolves once somebody takes connections on the port. */
async function untilListening(port: number, errors: () => string): Promise<void> {
  for (let waitedMs = 0; waitedMs < START_MS_MAX; waitedMs += START_STEP_MS) {
    if (await canConnect(port)) return
    await wait(START_STEP_MS)
  }
  throw new BenchError(
    'SERVER_FAILED',
    `nothing listens on port ${port} after ${START_MS_MAX} ms: ${errors()}`,
  )
}

async function canConnect(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
