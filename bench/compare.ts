/**
 * Compares servers under loads: CPU per request, in slices that are interleaved at random.
 *
 * All servers are alive at once on one core and take turns; docs/figures.md says why. Knows
 * neither which servers nor which loads: those are in `slices.ts` and `border-slices.ts`.
 */

import { type Generator, startGenerator } from '../src/load/generator.ts'
import type { ClosedModel, RunCommand, RunResult } from '../src/load/load-protocol.ts'
import { LOAD_CORE, requireTools } from '../src/load/machine.ts'
import { loadShare, serverShare } from '../src/load/slices.ts'
import {
  lowerQuartile,
  median,
  type Ratio,
  ratioOfLowerQuartiles,
  seededRandom,
} from '../src/load/statistics.ts'
import { type Faults, faultsOf, isFaulty, sumFaults } from './faults.ts'
import { planSlices } from './plan.ts'
import { buildServers, type Entry, type RunningServer, startServers, stopAll } from './servers.ts'
import { figure, markdownTable, percent, ratioFigure, wantedNote } from './table.ts'

/** How long a slice warms up, is measured, and waits for what is under way at its end. */
export const SLICE_TIMES = { warmMs: 50, measureMs: 350, graceMs: 5000 } as const
/** Who is busy for this share of the wall time has none to spare. */
const BUSY_SHARE = 0.95
/** In a closed load one side is always busy, unless neither gets its core. */
const STARVED_SHARE = 0.8

/** One load. `unit` is what the figures are per. */
export interface Load {
  title: string
  unit: string
  /** Requests of one unit. @default 1 */
  requestsEach?: number
  model: ClosedModel
  mix?: RunCommand['mix']
  /** Ratios that are to be reached. */
  wanted?: readonly Wanted[]
}

/** The CPU of one entry is to be at most so many times that of another. Both are labels. */
export interface Wanted {
  entry: string
  base: string
  atMost: number
}

/** What to compare. */
export interface Comparison {
  entries: readonly Entry[]
  /** Labels of those that the others are divided by, a column each. */
  bases: readonly string[]
  loads: readonly Load[]
  /** Slices of each server under each load, of which the first is thrown away. At least 2. */
  rounds: number
  seed: number
  /** Asks the servers, when all slices are over, for faults that the load could not see. */
  examine?: (servers: readonly RunningServer[]) => Promise<Faults>
}

/** The results of every server under every load, in the order of the rounds. */
type Results = Map<string, RunResult[]>

/** Runs the comparison and prints its tables. Resolves to the faults of all slices. */
export async function compare(comparison: Comparison): Promise<Faults> {
  const { entries, loads, examine } = comparison
  requireTools('taskset')
  buildServers(entries.map(({ server }) => server))
  const servers = await startServers(entries)
  const generator = await startGenerator(LOAD_CORE)
  try {
    const results = await measure(servers, generator, comparison)
    for (const each of loads) console.log(describeLoad(each, comparison, results))
    const examined = examine === undefined ? [] : [await examine(servers)]
    return sumFaults([...[...results.values()].flat().map(faultsOf), ...examined])
  } finally {
    await stopAll([generator, ...servers])
  }
}

function key(label: string, load: Load): string {
  return `${label} / ${load.title}`
}

async function measure(
  servers: readonly RunningServer[],
  generator: Generator,
  { loads, rounds, seed }: Comparison,
): Promise<Results> {
  const results: Results = new Map()
  for (const planned of planSlices(servers, loads, rounds, seededRandom(seed))) {
    const { label, port, pid } = planned.server
    const { model, mix = 'repeating' } = planned.load
    const result = await generator.run({ shape: 'run', port, pid, model, mix, ...SLICE_TIMES })
    const place = key(label, planned.load)
    results.set(place, [...(results.get(place) ?? []), result])
    const faults = faultsOf(result)
    if (isFaulty(faults)) console.error(`faults: ${place}: ${JSON.stringify(faults)}`)
  }
  return results
}

function describeLoad(load: Load, comparison: Comparison, results: Results): string {
  const { entries, bases, seed } = comparison
  const labels = entries.map(({ label }) => label)
  // The first round warms caches, branch predictors and compilers.
  const counted = (label: string): RunResult[] => (results.get(key(label, load)) ?? []).slice(1)
  const finished = ({ right }: RunResult): number => right / (load.requestsEach ?? 1)
  const cpu = (label: string): number[] =>
    counted(label).map(slice => slice.serverCpuUs / finished(slice))
  const against = (label: string, base: string): Ratio =>
    ratioOfLowerQuartiles(cpu(label), cpu(base), seededRandom(seed))
  const shownBases = bases.filter(base => labels.includes(base))
  const rows = labels.map(label => {
    const slices = counted(label)
    const middle = (of: (slice: RunResult) => number): number => median(slices.map(of))
    return [
      label,
      figure(lowerQuartile(cpu(label))),
      ...shownBases.map(base => (label === base ? '-' : ratioFigure(against(label, base)))),
      figure(middle(slice => finished(slice) / (slice.wallUs / 1e6))),
      figure(middle(slice => slice.p50Us)),
      figure(middle(slice => slice.p99Us)),
      percent(middle(serverShare)),
      percent(middle(loadShare)),
      describeFaults(results.get(key(label, load)) ?? []),
    ]
  })
  const header = [
    'server',
    `CPU us per ${load.unit}`,
    ...shownBases.map(base => `against ${base} (95 %)`),
    `${load.unit}s/s`,
    'p50 us',
    'p99 us',
    'server busy',
    'load busy',
    'faults',
  ]
  const reached = (load.wanted ?? [])
    .filter(({ entry, base }) => labels.includes(entry) && labels.includes(base))
    .map(({ entry, base, atMost }) =>
      wantedNote(`${entry} against ${base}`, against(entry, base), atMost),
    )
  const limits = labels.map(label => limitNote(label, counted(label)))
  const notes = [...reached, ...limits].filter(note => note !== '')
  return [`\n### ${load.title}\n`, markdownTable(header, rows), ...notes.map(note => `\n${note}`)]
    .join('\n')
    .trimEnd()
}

function describeFaults(slices: readonly RunResult[]): string {
  const faults = sumFaults(slices.map(faultsOf))
  if (!isFaulty(faults)) return '0'
  return `${faults.wrong} wrong, ${faults.lost} lost, ${faults.missing} missing`
}

/** Says so where the load had no time to spare and the server had, or where neither was busy. */
function limitNote(label: string, slices: readonly RunResult[]): string {
  const load = median(slices.map(loadShare))
  const server = median(slices.map(serverShare))
  const shares = `load ${percent(load)} busy, server ${percent(server)}`
  if (load >= BUSY_SHARE && server < BUSY_SHARE) {
    return (
      `The load was the bottleneck of ${label} (${shares}): its rate and service times are the ` +
      "load's."
    )
  }
  if (Math.max(load, server) < STARVED_SHARE) {
    return `Others used the machine while ${label} was measured (${shares}): measure again.`
  }
  return ''
}
