/**
 * The main comparison: server CPU per request, in slices that are interleaved at random.
 *
 * All servers are alive at once on one core and take turns; docs/benchmarking.md says why.
 */

import {
  type Faults,
  isFaulty,
  type LoadProcess,
  type Shape,
  type SliceResult,
  startLoad,
  sumFaults,
} from './load-process.ts'
import { LOAD_CORE, requireTools } from './machine.ts'
import { planSlices } from './plan.ts'
import {
  buildServers,
  FLOOR,
  type RunningServer,
  type ServerName,
  startServers,
  stopAll,
} from './servers.ts'
import {
  lowerQuartile,
  median,
  type Ratio,
  ratioOfLowerQuartiles,
  seededRandom,
} from './statistics.ts'
import { figure, markdownTable, percent, ratioFigure } from './table.ts'

const SLICE_TIMES = { warmMs: 50, sliceMs: 350 }
/** Who is busy for this share of the wall time has none to spare. */
const BUSY_SHARE = 0.95

/** The four loads. `unit` is what the figures are per. */
const LOADS: readonly { title: string; unit: string; shape: Shape }[] = [
  {
    title: '50 connections, depth 1',
    unit: 'request',
    shape: { shape: 'steady', connections: 50, depth: 1 },
  },
  {
    title: '50 connections, depth 16',
    unit: 'request',
    shape: { shape: 'steady', connections: 50, depth: 16 },
  },
  {
    title: '1,000 connections, depth 1',
    unit: 'request',
    shape: { shape: 'steady', connections: 1000, depth: 1 },
  },
  {
    title: '20 users in short conversations',
    unit: 'conversation',
    shape: { shape: 'conversations', users: 20 },
  },
]
type Load = (typeof LOADS)[number]

/** What to run. */
export interface SlicesPlan {
  names: readonly ServerName[]
  /** Slices of each server under each load, of which the first is thrown away. At least 2. */
  rounds: number
  seed: number
}

/** Runs the comparison and prints its tables. Resolves to the faults of all slices. */
export async function runSlices({ names, rounds, seed }: SlicesPlan): Promise<Faults> {
  requireTools('taskset')
  buildServers(names)
  const servers = await startServers(names)
  const load = await startLoad(LOAD_CORE)
  try {
    const results = await measure(servers, load, rounds, seed)
    for (const each of LOADS) console.log(describeLoad(each, names, results, seed))
    return sumFaults([...results.values()].flat())
  } finally {
    await stopAll([load, ...servers])
  }
}

/** The results of every server under every load, in the order of the rounds. */
type Results = Map<string, SliceResult[]>

function key(name: ServerName, load: Load): string {
  return `${name} / ${load.title}`
}

async function measure(
  servers: readonly RunningServer[],
  load: LoadProcess,
  rounds: number,
  seed: number,
): Promise<Results> {
  const results: Results = new Map()
  for (const planned of planSlices(servers, LOADS, rounds, seededRandom(seed))) {
    const { server } = planned
    const result = await load.slice(
      { port: server.port, pid: server.pid },
      planned.load.shape,
      SLICE_TIMES,
    )
    const place = key(server.name, planned.load)
    results.set(place, [...(results.get(place) ?? []), result])
    if (isFaulty(result)) console.error(`faults: ${place}: ${JSON.stringify(result)}`)
  }
  return results
}

function describeLoad(
  load: Load,
  names: readonly ServerName[],
  results: Results,
  seed: number,
): string {
  // The first round warms caches, branch predictors and compilers.
  const counted = (name: ServerName): SliceResult[] => (results.get(key(name, load)) ?? []).slice(1)
  const cpu = (name: ServerName): number[] =>
    counted(name).map(slice => slice.serverCpuUs / slice.finished)
  const against = (name: ServerName, base: ServerName): Ratio =>
    ratioOfLowerQuartiles(cpu(name), cpu(base), seededRandom(seed))
  const compare = (name: ServerName, base: ServerName): string =>
    names.includes(base) && name !== base ? ratioFigure(against(name, base)) : '-'
  const rows = names.map(name => {
    const slices = counted(name)
    const middle = (of: (slice: SliceResult) => number): number => median(slices.map(of))
    const faults = sumFaults(results.get(key(name, load)) ?? [])
    return [
      name,
      figure(lowerQuartile(cpu(name))),
      compare(name, FLOOR),
      compare(name, 'node-net'),
      figure(middle(slice => slice.finished / (slice.wallUs / 1e6))),
      figure(middle(slice => slice.p50Us)),
      figure(middle(slice => slice.p99Us)),
      percent(middle(serverShare)),
      percent(middle(loadShare)),
      faults.wrong + faults.lost + faults.missing === 0
        ? '0'
        : `${faults.wrong} wrong, ${faults.lost} lost, ${faults.missing} missing`,
    ]
  })
  const header = [
    'server',
    `CPU us per ${load.unit}`,
    'against floor (95 %)',
    'against node-net (95 %)',
    `${load.unit}s/s`,
    'p50 us',
    'p99 us',
    'server busy',
    'load busy',
    'faults',
  ]
  const notes = names.map(name => bottleneck(name, counted(name))).filter(note => note !== '')
  return [`\n### ${load.title}\n`, markdownTable(header, rows), ...notes.map(note => `\n${note}`)]
    .join('\n')
    .trimEnd()
}

function serverShare({ serverCpuUs, wallUs }: SliceResult): number {
  return serverCpuUs / wallUs
}

function loadShare({ loadCpuUs, wallUs }: SliceResult): number {
  return loadCpuUs / wallUs
}

/** Says so where the load had no time to spare and the server had. */
function bottleneck(name: ServerName, slices: readonly SliceResult[]): string {
  const load = median(slices.map(loadShare))
  const server = median(slices.map(serverShare))
  const isBottleneck = load >= BUSY_SHARE && server < BUSY_SHARE
  if (!isBottleneck) return ''
  return (
    `The load was the bottleneck of ${name} (load ${percent(load)} busy, server ` +
    `${percent(server)}): its rate and service times are the load's.`
  )
}
