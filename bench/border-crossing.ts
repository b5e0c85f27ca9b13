/**
 * The crossing alone, without sockets: a native thread asks a JavaScript handler, with 1,000
 * requests in flight, and checks what it answers.
 *
 * By the product's border, and by one ThreadsafeFunction call for each request, which is what an
 * addon does that was not written for speed; on two cores, and with both threads on one. All
 * processes are alive together and take turns, in random order.
 */

import { type LineProcess, startLineProcess } from '../src/load/line-process.ts'
import { LOAD_CORE, pinned, requireTools, SERVER_CORE } from '../src/load/machine.ts'
import { ratioOfMedians, seededRandom } from '../src/load/statistics.ts'
import type { BorderSettings } from './border-settings.ts'
import { type Faults, isFaulty, sumFaults } from './faults.ts'
import { planSlices } from './plan.ts'
import { cargoBuild, peerScript, releaseProgram, requirePackage } from './programs.ts'
import { stopAll } from './servers.ts'
import { markdownTable, ratioFigure } from './table.ts'

const ROUNDS_MIN = 10
const CALLS = 'one call each'
const CORES = { 'two cores': `${SERVER_CORE},${LOAD_CORE}`, 'one core': String(SERVER_CORE) }
const RATE_WANTED = 4e6
const TIMES_WANTED = 4

/** What crosses, and how many requests of it make a run of about a third of a second. */
const WAYS = [
  { name: CALLS, words: ['calls'], requests: 300_000 },
  { name: 'border', words: ['border', '1', 'written'], requests: 1_000_000 },
  { name: 'border, 20 a connection', words: ['border', '20', 'written'], requests: 1_500_000 },
  { name: 'border, seen before', words: ['border', '1', 'numbers'], requests: 1_500_000 },
]
const QUICK_DIVISOR = 10

/** One process that crosses. */
interface Crosser {
  label: string
  requests: number
  process: LineProcess
}

/** What a run of it came to. */
interface Crossed {
  wallUs: number
  wrong: number
  missing: number
}

/** Measures and prints the table. Resolves to the faults of all runs. */
export async function measureCrossing({ quick, rounds, seed }: BorderSettings): Promise<Faults> {
  requireTools('taskset')
  requirePackage()
  cargoBuild('--package', 'lancelot-crossing')
  const crossers: Crosser[] = []
  const rates = new Map<string, number[]>()
  const faults: Faults[] = []
  try {
    for (const [cores, list] of Object.entries(CORES)) {
      for (const { name, words, requests } of WAYS) {
        const process = await start(list, words)
        const label = `${name}, ${cores}`
        crossers.push({ label, process, requests: quick ? requests / QUICK_DIVISOR : requests })
      }
    }
    const count = quick ? rounds : Math.max(rounds, ROUNDS_MIN)
    for (const planned of planSlices(crossers, ['run'], count, seededRandom(seed))) {
      const { label, process, requests } = planned.server
      const crossed: Crossed = JSON.parse(await process.ask(`run ${requests}`))
      rates.set(label, [...(rates.get(label) ?? []), requests / (crossed.wallUs / 1e6)])
      const fault = { wrong: crossed.wrong, lost: 0, missing: crossed.missing }
      if (isFaulty(fault)) console.error(`faults: ${label}: ${JSON.stringify(crossed)}`)
      faults.push(fault)
    }
  } finally {
    await stopAll(crossers.map(({ process }) => process))
  }
  print(
    crossers.map(({ label }) => label),
    rates,
    seed,
  )
  return sumFaults(faults)
}

async function start(cores: string, words: readonly string[]): Promise<LineProcess> {
  const addon = releaseProgram('liblancelot_crossing.so')
  const command = [process.execPath, peerScript('crossing.mjs'), addon, ...words]
  const child = await startLineProcess(pinned(cores, command))
  await child.nextLine()
  return child
}

function print(
  labels: readonly string[],
  rates: ReadonlyMap<string, readonly number[]>,
  seed: number,
): void {
  // The first round warms caches and compilers.
  const counted = (label: string): readonly number[] => (rates.get(label) ?? []).slice(1)
  const rows = labels.map(label => {
    const own = counted(label)
    const cores = label.slice(label.lastIndexOf(',') + 2)
    const calls = `${CALLS}, ${cores}`
    const times = ratioOfMedians(own, counted(calls), seededRandom(seed))
    const millions = ratioOfMedians(
      own,
      own.map(() => 1e6),
      seededRandom(seed),
    )
    return [label, ratioFigure(millions), label === calls ? '-' : ratioFigure(times)]
  })
  console.log('\n### Crossing alone, 24 bytes each way, 1,000 in flight\n')
  const header = ['way', 'million requests/s (95 %)', `against ${CALLS} (95 %)`]
  console.log(markdownTable(header, rows))
  console.log(
    `\nWanted: ${RATE_WANTED / 1e6} million requests/s or more, ${TIMES_WANTED} times ${CALLS}.`,
  )
}
