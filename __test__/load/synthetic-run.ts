/**
 * Comparisons that were never measured: blocks with a known truth and the noise of a small virtual
 * machine, and the loop that stops when the comparator would.
 */

import type { BlockRecord, BlockValues, RunFile } from '../../src/load/run-file.ts'
import { type Random, seededRandom } from '../../src/load/statistics.ts'
import { nextStep } from '../../src/load/stopping.ts'
import {
  BLOCK_DEFAULTS,
  type Derived,
  deriveVerdicts,
  MARGINS,
  type Measured,
} from '../../src/load/verdicts.ts'

/** Of a slice of 0.12 s, of a spike, and of one process against another of the same program. */
const SLICE_NOISE = 0.03
const SPIKE_SHARE = 0.05
const SPIKE = Math.log(1.2)
const PROCESS_NOISE = 0.005
/** What all designs of a round suffer together. */
const DRIFT = 0.05
/** Starting and stopping a process, and a slice with its warm-up. */
const PROCESS_SECONDS = 0.5
const SLICE_SECONDS = 0.15

export type Settings = RunFile['settings']

export function settingsWith(changed: Partial<Settings> = {}): Settings {
  return {
    seed: 1,
    margins: MARGINS,
    users: 50,
    depth: 1,
    openRate: 10_000,
    objectiveMs: 5,
    ...BLOCK_DEFAULTS,
    minutesMax: 60,
    ...changed,
  }
}

export function valuesWith(changed: Partial<BlockValues>): BlockValues {
  const none = { cpuPerRequestUs: [], p50Us: [], p99Us: [] }
  return { ...none, capacity: null, capacityIsGenerators: false, ...changed }
}

/** A run in which every design passed the gate and the instrument its check. */
export function runWith(
  blocks: readonly Readonly<Record<string, BlockValues>>[],
  settings: Settings = settingsWith(),
): Measured {
  const names = Object.keys(blocks[0] ?? {})
  return {
    blocks: blocks.map((values, index) => ({
      number: index + 1,
      order: names,
      seconds: 10,
      values,
    })),
    settings,
    contestants: names.map(name => ({ name, kind: 'command', command: [], summary: '' })),
    gate: names.map(name => ({ name, checks: [] })),
    instrument: [],
  }
}

/** Numbers of a standard normal distribution. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** One block of designs whose true CPU per request is given. */
export function syntheticBlock(
  number: number,
  costs: Readonly<Record<string, number>>,
  rounds: number,
  random: Random,
): BlockRecord {
  const drifts = Array.from({ length: rounds }, () => DRIFT * normal(random))
  const names = Object.keys(costs)
  const values = names.map(name => {
    const process = PROCESS_NOISE * normal(random)
    const cpuPerRequestUs = drifts.map(drift => {
      const spike = random() < SPIKE_SHARE ? SPIKE : 0
      const noise = SLICE_NOISE * normal(random) + spike + process + drift
      return (costs[name] ?? Number.NaN) * Math.exp(noise)
    })
    return [name, valuesWith({ cpuPerRequestUs })] as const
  })
  const seconds = names.length * (PROCESS_SECONDS + rounds * SLICE_SECONDS)
  return { number, order: names, seconds, values: Object.fromEntries(values) }
}

export interface Simulated extends Derived {
  blocks: number
  minutes: number
}

/** Measures block after block until the comparator would stop, and takes its verdicts. */
export function simulate(costs: Readonly<Record<string, number>>, settings: Settings): Simulated {
  const random = seededRandom(settings.seed)
  const names = Object.keys(costs)
  const { contestants, gate } = runWith([
    Object.fromEntries(names.map(name => [name, valuesWith({})])),
  ])
  const blocks: BlockRecord[] = []
  const run: Measured = { blocks, settings, contestants, gate, instrument: [] }
  const minutes = (): number => blocks.reduce((sum, block) => sum + block.seconds, 0) / 60
  do {
    blocks.push(syntheticBlock(blocks.length + 1, costs, settings.roundsPerBlock, random))
  } while (!nextStep(run, minutes() * 60_000).stop)
  return { ...deriveVerdicts(run), blocks: blocks.length, minutes: minutes() }
}
