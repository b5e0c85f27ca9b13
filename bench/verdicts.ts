/**
 * Is the comparator right? It compares the floor with itself, and with a twin whose requests cost 3 %
 * more, again and again; it measures a planted stop; and its generator is starved.
 *
 * For real, on this machine, beside the simulations of `__test__/load/verdicts.spec.ts`.
 */

import { writeFile } from 'node:fs/promises'
import { wasInterrupted } from '../src/load/child-processes.ts'
import { defaultSettings } from '../src/load/comparison.ts'
import { startGenerator } from '../src/load/generator.ts'
import {
  checkInstrument,
  INSTRUMENT_TIMES,
  INSTRUMENT_TIMES_QUICK,
} from '../src/load/instrument.ts'
import { LOAD_CORE, machineRecord, requireTools } from '../src/load/machine.ts'
import type { InstrumentCheck, Machine } from '../src/load/run-file.ts'
import type { Faults } from './faults.ts'
import { floorContestant, type Pilot, runPilot, spinFor } from './planted.ts'
import { cargoBuild } from './programs.ts'
import { measureStall, type StallResult } from './stall.ts'
import { figure, markdownTable, percent } from './table.ts'
import { describeRepeats, type Repeat, type Repeated } from './verdict-counts.ts'
import { compareStarved, repeatOnce } from './verdict-repeats.ts'

const PLANTED_SHARE = 0.03
const STARVED_SHARE = 0.2
/** Stops and starved generators are plain to see: a quarter of the repeats shows it. */
const FEWER = 4
const STALL_WINDOW_MS = 10_000
const STALL_WINDOW_MS_QUICK = 4000
const PILOT_ROUNDS = 24
const PILOT_ROUNDS_QUICK = 3

export interface VerdictSettings {
  quick: boolean
  seed: number
  /** Of each comparison. */
  repeat: number
  /** The file of the results, which is written anew after each repeat. */
  output: string
}

/** What is written. */
interface Results {
  startedAt: string
  finishedAt: string
  machine: Machine
  /** The comparator's own defaults; every repeat has a seed of its own. */
  settings: ReturnType<typeof defaultSettings>
  pilot: Pilot & { plantedShare: number; spin: number }
  /** Before everything else. */
  instrument: readonly InstrumentCheck[]
  comparisons: [same: Repeated, planted: Repeated]
  stalls: StallResult[]
  /** Why a starved generator gave no verdict; null where it gave one, which it must not. */
  starved: (string | null)[]
}

/** Runs everything and prints the tables. Resolves to the faults of all comparisons. */
export async function runVerdicts(settings: VerdictSettings): Promise<Faults> {
  requireTools('taskset')
  cargoBuild('--package', 'lancelot-floor')
  const { quick, repeat } = settings
  const results = await begin(settings)
  const fewer = Math.max(1, Math.ceil(repeat / FEWER))
  for (let index = 0; index < fewer; index++) {
    const arrivals = index % 2 === 0 ? 'constant' : 'poisson'
    const windowMs = quick ? STALL_WINDOW_MS_QUICK : STALL_WINDOW_MS
    const stall = await measureStall(arrivals, windowMs, settings.seed + index)
    results.stalls.push(stall)
    await save(results, settings, `stop: p99 is ${percentOff(stall.error)} off theory`)
  }
  for (let index = 0; index < fewer; index++) {
    const noVerdict = await compareStarved(STARVED_SHARE, settings.seed + index, quick)
    results.starved.push(noVerdict)
    await save(results, settings, `starved: ${noVerdict ?? 'gave a verdict'}`)
  }
  await compareAll(results, settings)
  console.log(describe(results))
  const faults = results.comparisons.flatMap(({ repeats }) => repeats.flatMap(each => each.faults))
  for (const fault of faults) console.error(`faults: ${fault}`)
  return { wrong: faults.length, lost: 0, missing: 0 }
}

async function begin({ quick, seed }: VerdictSettings): Promise<Results> {
  const settings = { ...defaultSettings(quick), seed }
  const startedAt = new Date().toISOString()
  const pilot = await runPilot(quick ? PILOT_ROUNDS_QUICK : PILOT_ROUNDS, settings.users)
  const spin = spinFor(PLANTED_SHARE, pilot)
  console.error(`a request costs ${figure(pilot.requestNs)} ns; planted: ${spin} rounds`)
  return {
    startedAt,
    finishedAt: startedAt,
    machine: machineRecord(),
    settings,
    pilot: { ...pilot, plantedShare: PLANTED_SHARE, spin },
    instrument: await proveInstrument(quick),
    comparisons: [
      { title: 'floor, floor again', expected: 'no difference', wantedShare: 0.95, repeats: [] },
      { title: 'floor + 3 %, floor', expected: 'slower', wantedShare: 0.9, repeats: [] },
    ],
    stalls: [],
    starved: [],
  }
}

/** Both comparisons in turn, so that the machine's good and bad hours fall on both. */
async function compareAll(results: Results, settings: VerdictSettings): Promise<void> {
  const floor = floorContestant('floor', 0)
  const twins = [
    [floor, floorContestant('floor again', 0)],
    [floorContestant('floor + 3 %', results.pilot.spin), floor],
  ] as const
  for (let index = 0; index < settings.repeat; index++) {
    for (const [place, comparison] of results.comparisons.entries()) {
      const pair = twins[place] ?? twins[0]
      const seed = settings.seed + 2 * index + place
      const one = await repeatOnce(pair, seed, settings.quick)
      if (wasInterrupted()) return
      comparison.repeats.push(one)
      await save(results, settings, `${comparison.title} ${index + 1}: ${describeOne(one)}`)
    }
  }
}

/** Says what is over its bound, and goes on: whoever reads the results has to know. */
async function proveInstrument(quick: boolean): Promise<InstrumentCheck[]> {
  const generator = await startGenerator(LOAD_CORE)
  try {
    const times = quick ? INSTRUMENT_TIMES_QUICK : INSTRUMENT_TIMES
    const checks = await checkInstrument(generator, times)
    for (const { name, passed, measured, bound, unit } of checks) {
      if (passed) continue
      console.error(`over its bound: ${name}: ${figure(measured)}, bound ${bound} ${unit}`)
    }
    return checks
  } finally {
    await generator.stop()
  }
}

async function save(results: Results, { output }: VerdictSettings, told: string): Promise<void> {
  results.finishedAt = new Date().toISOString()
  console.error(told)
  await writeFile(output, `${JSON.stringify(results, null, 1)}\n`)
}

function describeOne({ verdict, noVerdict, blocks, seconds }: Repeat): string {
  return `${verdict?.text ?? `no verdict: ${noVerdict}`} (${blocks} blocks, ${seconds} s)`
}

function describe({ comparisons, stalls, starved }: Results): string {
  const stallRows = stalls.map(({ arrivals, theoryUs, p99Us, error, isWithin }) => [
    arrivals,
    figure(theoryUs / 1000),
    figure(p99Us / 1000),
    percentOff(error),
    isWithin ? 'reached' : 'missed',
  ])
  const refusing = starved.filter(reason => reason !== null).length
  return [
    '\n### Real comparisons, repeated\n',
    describeRepeats(comparisons),
    '\n### A stop of 1 s under an open load\n',
    markdownTable(['arrivals', 'theory ms', 'p99 ms', 'off', 'wanted within 5 %'], stallRows),
    `\nA generator that has its core for ${percent(STARVED_SHARE)} of the time gave no verdict in ` +
      `${refusing} of ${starved.length}: ${refusing === starved.length ? 'reached' : 'missed'}.`,
  ].join('\n')
}

function percentOff(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
