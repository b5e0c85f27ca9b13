/**
 * Makes up a run: what `compare` would write of made-up designs, two of them refused. The same
 * seed gives the same run. Measures nothing.
 */

import type {
  BlockRecord,
  BlockValues,
  CycleRecord,
  GateRecord,
  GrowthRecord,
  LimiterRecord,
  RunFile,
  TimelinePoint,
} from '../../src/load/run-file.ts'
import { deriveVerdicts } from '../../src/load/verdicts.ts'
import {
  about,
  DESIGNS,
  type Design,
  FAULTY,
  MISTAKES,
  type Random,
  randomOf,
  times,
  USERS,
} from './report-designs.ts'

/** What a made-up run is to be like. */
export interface Wanted {
  seed?: number
  title?: string
  startedAt?: string
  /** All costs times this. @default 1 */
  slowdown?: number
  /** @default false */
  isInstrumentBad?: boolean
  /** @default six, and two that are refused */
  designs?: readonly Design[]
  /** How much blocks differ, as a share. @default 0.01 */
  scatter?: number
}

/** A run whose verdicts follow from its blocks. */
export function makeRun(wanted: Wanted = {}): RunFile {
  const { seed = 42, slowdown = 1, isInstrumentBad = false, scatter = 0.01 } = wanted
  const random = randomOf(seed)
  const all = wanted.designs ?? [...DESIGNS, ...FAULTY]
  const designs = all.map(each => ({ ...each, costUs: each.costUs * slowdown }))
  const ranked = designs.filter(({ fault }) => fault === undefined)
  const startedAt = wanted.startedAt ?? '2026-11-21T15:02:00.000Z'
  const run: RunFile = {
    format: 'lancelot-comparison-1',
    title: wanted.title ?? 'Six designs of a server',
    command: 'lancelot compare --architecture poll --architecture callback --json run.json',
    startedAt,
    finishedAt: new Date(Date.parse(startedAt) + 540_000).toISOString(),
    machine: {
      cpu: 'Example CPU at 2.8 GHz',
      cores: 2,
      memoryBytes: 8 * 2 ** 30,
      kernel: 'Linux 6.18.0',
      congestionControl: 'cubic',
      node: 'v20.19.0',
      serverCore: 0,
      loadCore: 1,
      notSet: ['The governor of the CPU could not be set: there is none in this virtual machine.'],
    },
    settings: {
      seed,
      confidence: 0.95,
      margins: { cpuPerRequest: 0.02, capacity: 0.05, p50: 0.05, p99: 0.1 },
      users: 10,
      depth: 1,
      openRate: 8000,
      objectiveMs: 2,
      minutesMax: 10,
      blocksMin: 6,
      blocksMax: 32,
      roundsPerBlock: 4,
    },
    contestants: designs.map(({ name, summary }) => ({
      name,
      kind: name === 'asyncio' || name.startsWith('textbook') ? 'command' : 'architecture',
      command: ['lancelot', 'serve', '--architecture', name, '--port', '0'],
      summary,
    })),
    gate: designs.map(gateOf),
    instrument: [
      instrument('send lag p99', 'the generator sends on time', isInstrumentBad ? 912 : 41, 250),
      instrument('planted delay', '1,000 us are seen as such', 1012, 1050),
      instrument('planted stall', 'p99 within 5 % of theory', 2.1, 5),
    ],
    blocks: Array.from({ length: 8 }, (_, index) => blockOf(index + 1, ranked, scatter, random)),
    cycles: ranked.flatMap(design => USERS.map(users => cycleOf(design, users, random))),
    spectra: Object.fromEntries(
      ranked.map(design => [design.name, times(design.costUs * 9, 200_000, random)]),
    ),
    growth: ranked.flatMap(design => growthOf(design, random)),
    limiters: ranked.map(design => limiterOf(design, random)),
    verdicts: [],
    refused: [],
    noVerdict: null,
  }
  return withVerdicts(run)
}

/** A run with the verdicts that follow from the rest of it. */
export function withVerdicts(run: RunFile): RunFile {
  return { ...run, ...deriveVerdicts(run) }
}

/** A run, its verdicts not mended, in which nobody asked for CPU per request. */
export function withoutCpu(run: RunFile): RunFile {
  return withValues(run, each => ({ ...each, cpuPerRequestUs: [] }))
}

/** The same, but in which nobody asked for anything else. */
export function onlyCpu(run: RunFile): RunFile {
  return withValues(run, each => ({ ...each, p50Us: [], p99Us: [], capacity: null }))
}

function withValues(run: RunFile, change: (values: BlockValues) => BlockValues): RunFile {
  const blocks = run.blocks.map(block => {
    const values = Object.entries(block.values).map(([name, each]) => [name, change(each)])
    return { ...block, values: Object.fromEntries(values) }
  })
  return { ...run, blocks }
}

function gateOf({ name, fault }: Design): GateRecord {
  const checks = MISTAKES.map(mistake => {
    const [at, detail = ''] = (fault ?? '').split(': ')
    if (at === mistake) return { name: mistake, result: 'failed' as const, detail }
    const isNoted = name === 'thread-pool' && mistake === 'idle crowd'
    if (!isNoted) return { name: mistake, result: 'passed' as const, detail: '' }
    return { name: mistake, result: 'noted' as const, detail: 'blocked by 4 idle clients' }
  })
  return { name, checks }
}

function instrument(
  name: string,
  expected: string,
  measured: number,
  bound: number,
): RunFile['instrument'][number] {
  const unit = name === 'planted stall' ? '%' : 'us'
  return { name, expected, measured, bound, unit, passed: measured <= bound }
}

function blockOf(
  number: number,
  designs: readonly Design[],
  scatter: number,
  random: Random,
): BlockRecord {
  const order = designs.map(({ name }) => ({ name, at: random() }))
  order.sort((one, other) => one.at - other.at)
  const values = designs.map(({ name, costUs }) => {
    const ofBlock = about(1, scatter, random)
    const rounds = (value: number, share: number): number[] =>
      Array.from({ length: 4 }, () => about(value * ofBlock, share, random))
    const capacity = Math.round(about(650_000 / costUs, 0.03, random))
    return [
      name,
      {
        cpuPerRequestUs: rounds(costUs, 0.03),
        p50Us: rounds(18 + costUs * 1.4, 0.04),
        p99Us: rounds(60 + costUs * 9, 0.2),
        capacity,
        capacityIsGenerators: capacity > 215_000,
      },
    ] as const
  })
  return {
    number,
    seconds: 41,
    order: order.map(({ name }) => name),
    values: Object.fromEntries(values),
  }
}

function cycleOf({ name, costUs }: Design, users: number, random: Random): CycleRecord {
  const limit = 900_000 / (costUs + 4)
  const rate = about((limit * users) / (users + 1.6), 0.02, random)
  const p50Us = (users / rate) * 1e6
  const right = Math.round(rate * 2)
  const cpuUs = right * costUs * (1 + 1.2 / (users + 1))
  return {
    name,
    users,
    rate,
    p50Us,
    p90Us: p50Us * about(1.5, 0.05, random),
    p99Us: p50Us * about(3.1, 0.2, random),
    responseTimes: times(p50Us, right, random),
    ...{ due: right + users, right, wrong: 0, lost: 0, late: 0, refused: 0, unanswered: users },
    wallUs: 2_000_000,
    serverCpuUs: cpuUs,
    serverUserUs: cpuUs * 0.4,
    serverSystemUs: cpuUs * 0.6,
    serverVoluntarySwitches: Math.round(right * 0.4),
    serverInvoluntarySwitches: 12,
    serverResidentBytes: Math.round((40 + costUs) * 2 ** 20),
    serverAnonymousBytes: Math.round((20 + costUs) * 2 ** 20),
    serverThreads: 11,
    serverProcesses: 1,
    listenOverflows: 0,
    loadCpuUs: right * 2.2,
    loadStolenUs: 900,
  }
}

function growthOf({ name, costUs, perConnectionUs }: Design, random: Random): GrowthRecord[] {
  const byConnections = [10, 100, 1000, 4000, 10_000].map(
    (at): GrowthRecord => ({
      name,
      axis: 'connections',
      at,
      cpuPerRequestUs: about(costUs + perConnectionUs * at, 0.02, random),
      bytesPerConnection: about(80 + costUs * 90, 0.05, random),
    }),
  )
  const byDepth = [1, 2, 4, 8, 16, 32, 64].map(
    (at): GrowthRecord => ({
      name,
      axis: 'pipelining',
      at,
      cpuPerRequestUs: about(costUs * (0.12 + 0.88 / at), 0.02, random),
    }),
  )
  return [...byConnections, ...byDepth]
}

function limiterOf({ name, costUs, limiter }: Design, random: Random): LimiterRecord {
  const share = Math.min(0.97, costUs * 0.03)
  const system = share * (limiter === 'server system' ? 0.7 : 0.4)
  const timeline = Array.from(
    { length: 12 },
    (_, second): TimelinePoint => ({
      second,
      rate: about(Math.min(8000, 950_000 / (costUs + 1)), 0.01, random),
      p50Us: about(18 + costUs * 1.4, 0.05, random),
      p99Us: about(60 + costUs * 9, 0.4, random),
      serverCpuShare: about(share, 0.05, random),
      loadCpuShare: about(0.22, 0.08, random),
      serverResidentBytes: Math.round((40 + costUs + second * 0.2) * 2 ** 20),
    }),
  )
  return {
    name,
    limiter,
    text: `The server was ${Math.round(share * 100)} % of its core, most of it in the ${limiter}.`,
    userShare: share - system,
    systemShare: system,
    loadShare: 0.22,
    switchesPerRequest: about(0.4, 0.2, random),
    ...(name === 'callback' && { eventLoopDelayP99Us: 1210 }),
    timeline,
  }
}
