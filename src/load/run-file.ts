/**
 * The file of a comparison: everything that was measured, and the verdicts that follow from it.
 *
 * Types only. `compare` writes it, `report` draws it, `verify` derives the verdicts again.
 */

import type { Counts, EncodedHistogram, Usage } from './load-protocol.ts'

/** What designs are compared by. Lower is better, but for `capacity`. */
export const METRICS = ['cpuPerRequest', 'capacity', 'p50', 'p99'] as const
export type Metric = (typeof METRICS)[number]

/** `faster`: `a` is better than `b`. */
export type VerdictWord = 'faster' | 'slower' | 'no difference' | 'cannot tell'

/** What was found of two designs. `ratio` is a's figure over b's; the interval is of 95 %. */
export interface Verdict {
  a: string
  b: string
  metric: Metric
  ratio: number
  low: number
  high: number
  verdict: VerdictWord
  /** About how many more minutes would tell; only with `cannot tell`, where any number would. */
  moreMinutes?: number
  /** The sentence for people: `poll costs 0.31 x callback (95 % 0.30 to 0.32)`. */
  text: string
}

export interface Refusal {
  name: string
  reason: string
}

export interface Machine {
  cpu: string
  cores: number
  memoryBytes: number
  kernel: string
  congestionControl: string
  node: string
  serverCore: number
  loadCore: number
  /** What should be set for steady figures and could not be, in sentences. */
  notSet: readonly string[]
}

export interface Settings {
  seed: number
  /** Of all verdicts of one metric together. */
  confidence: number
  /** Ratios within 1 / (1 + margin) and 1 + margin are no difference. */
  margins: Record<Metric, number>
  users: number
  depth: number
  /** Requests a second of the open load under which p50 and p99 are measured. */
  openRate: number
  /** Capacity is the highest rate whose p99 is at most this. */
  objectiveMs: number
  minutesMax: number
  blocksMin: number
  blocksMax: number
  roundsPerBlock: number
}

export interface ContestantRecord {
  name: string
  kind: 'architecture' | 'command'
  command: readonly string[]
  /** One line. */
  summary: string
}

/** One mistake of the gate. */
export interface GateCheck {
  name: string
  /** `noted`: the design may, by its nature, but people should know. */
  result: 'passed' | 'failed' | 'noted'
  /** What was seen. Empty if it passed. */
  detail: string
}

export interface GateRecord {
  name: string
  checks: readonly GateCheck[]
}

/** One figure of the instrument against its bound. */
export interface InstrumentCheck {
  name: string
  expected: string
  measured: number
  bound: number
  unit: string
  passed: boolean
}

/** What one block measured of one design. Index r of the lists was measured in round r. */
export interface BlockValues {
  /** CPU us of the server per request, a number for each round of the block. */
  cpuPerRequestUs: readonly number[]
  /** A number for each round of the open load. */
  p50Us: readonly number[]
  p99Us: readonly number[]
  /** Requests a second; null where even the lowest rate missed the objective. */
  capacity: number | null
  /** Whether the generator, not the server, ended the search: it is at least `capacity`. */
  capacityIsGenerators: boolean
}

export interface BlockRecord {
  number: number
  /** Names, in the order in which they were measured. */
  order: readonly string[]
  /** How long it took, so that it can be told how long more blocks would take. */
  seconds: number
  values: Readonly<Record<string, BlockValues>>
}

/** One cycle as FunkLoad has them: so many users in a closed load. */
export interface CycleRecord extends Counts, Usage {
  name: string
  users: number
  /** Right answers a second. */
  rate: number
  p50Us: number
  p90Us: number
  p99Us: number
  responseTimes: EncodedHistogram
}

/** A cost beside a number of connections or of pipelined requests. */
export interface GrowthRecord {
  name: string
  axis: 'connections' | 'pipelining'
  at: number
  cpuPerRequestUs: number
  /** Anonymous bytes that each connection more cost; only on the axis of connections. */
  bytesPerConnection?: number
}

/** Why a design is as it is. */
export interface LimiterRecord {
  name: string
  limiter:
    | 'server user'
    | 'server system'
    | 'generator'
    | 'listen queue'
    | 'js thread'
    | 'lock'
    | 'none'
  /** One sentence with the figures that led to it. */
  text: string
  userShare: number
  systemShare: number
  loadShare: number
  switchesPerRequest: number
  /** Of Node designs. */
  eventLoopDelayP99Us?: number
  /** Second by second under the open load, for the plots. */
  timeline: readonly TimelinePoint[]
}

export interface TimelinePoint {
  second: number
  rate: number
  p50Us: number
  p99Us: number
  serverCpuShare: number
  loadCpuShare: number
  serverResidentBytes: number
}

export interface RunFile {
  format: 'lancelot-comparison-1'
  title: string
  command: string
  startedAt: string
  finishedAt: string
  machine: Machine
  settings: Settings
  contestants: readonly ContestantRecord[]
  gate: readonly GateRecord[]
  instrument: readonly InstrumentCheck[]
  blocks: readonly BlockRecord[]
  cycles: readonly CycleRecord[]
  /** All response times of each design under the open load. */
  spectra: Readonly<Record<string, EncodedHistogram>>
  growth: readonly GrowthRecord[]
  limiters: readonly LimiterRecord[]
  /** From here on derived from what stands above. */
  verdicts: readonly Verdict[]
  refused: readonly Refusal[]
  /** Why there are no verdicts, or null. */
  noVerdict: string | null
}
