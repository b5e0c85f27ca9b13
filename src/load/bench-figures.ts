/**
 * The figures of one measurement: what the generator said, as people and programs read it.
 *
 * Pure: from a result to numbers, and to warnings about what the numbers do not say.
 */

import { decodeFromCompressedBase64 } from 'hdr-histogram-js'
import type {
  Counts,
  EncodedHistogram,
  Model,
  RunResult,
  SecondLine,
  Usage,
} from './load-protocol.ts'
import { micros, percent, whole } from './report/numbers.ts'

/** The generator is the limit from this share of its core on. */
const LOAD_SHARE_MAX = 0.95
/** Requests that leave later than this after they were due, at p99, are the generator's fault. */
const SEND_LAG_US_MAX = 1000
/** More than this share of the time taken from the generator is felt in the response times. */
const STOLEN_SHARE_MAX = 0.02

/** Times of one kind, in us. All undefined where nothing was measured. */
export interface Times {
  count: number
  meanUs?: number
  p50Us?: number
  p90Us?: number
  p99Us?: number
  p999Us?: number
  p9999Us?: number
  maxUs?: number
}

/** What the server used. */
export interface ServerFigures {
  /** User and system time, for each right answer. Undefined where there was none. */
  cpuPerRequestUs?: number
  /** Of one core. */
  userShare: number
  systemShare: number
  residentBytes: number
  voluntarySwitches: number
  involuntarySwitches: number
  processes: number
  threads: number
}

/** What one measurement came to. */
export interface BenchFigures {
  counts: Counts
  /** Right answers a second. */
  rate: number
  /** From due to answered. */
  response: Times
  /** From sent to answered. */
  service: Times
  /** From due to sent; empty in a closed load. */
  sendLag: Times
  /** Empty where nobody comes and goes. */
  connect: Times
  connectionsPeak: number
  /** Undefined where the server's process was not sampled. */
  server?: ServerFigures
  /** Of one core. */
  loadShare: number
  /** Of the time. */
  stolenShare: number
  /** On the whole machine. */
  listenOverflows: number
}

/** The figures of a result; `isSampled` says whether the server's process was known. */
export function figuresOf(result: RunResult, isSampled: boolean): BenchFigures {
  const { wallUs, right } = result
  return {
    counts: countsOf(result),
    rate: perSecond(right, wallUs),
    response: timesOf(result.responseTimes),
    service: timesOf(result.serviceTimes),
    sendLag: timesOf(result.sendLags),
    connect: timesOf(result.connectTimes),
    connectionsPeak: result.connectionsPeak,
    ...(isSampled && { server: serverFigures(result, right) }),
    loadShare: share(result.loadCpuUs, wallUs),
    stolenShare: share(result.loadStolenUs, wallUs),
    listenOverflows: result.listenOverflows,
  }
}

/** The counts of a line, and nothing else of it. */
export function countsOf(line: Counts): Counts {
  const { due, right, wrong, lost, late, refused, unanswered } = line
  return { due, right, wrong, lost, late, refused, unanswered }
}

/**
 * Requests that did not get their right answer in time. A closed load ends while every user waits,
 * so there those without an answer are no errors.
 */
export function errorsOf(counts: Counts, kind: Model['kind']): number {
  const { wrong, lost, late, refused, unanswered } = counts
  return wrong + lost + late + refused + (kind === 'closed' ? 0 : unanswered)
}

/** Right answers a second, of a second or of all. */
export function rateOf({ right, wallUs }: Pick<SecondLine, 'right' | 'wallUs'>): number {
  return perSecond(right, wallUs)
}

/** What the percentiles of a histogram are. An empty text is an empty histogram. */
export function timesOf(encoded: EncodedHistogram): Times {
  if (encoded === '') return { count: 0 }
  const histogram = decodeFromCompressedBase64(encoded)
  try {
    const count = histogram.totalCount
    if (count === 0) return { count }
    const at = (percentile: number): number => histogram.getValueAtPercentile(percentile) / 1000
    return {
      count,
      meanUs: histogram.mean / 1000,
      p50Us: at(50),
      p90Us: at(90),
      p99Us: at(99),
      p999Us: at(99.9),
      p9999Us: at(99.99),
      maxUs: histogram.maxValue / 1000,
    }
  } finally {
    histogram.destroy()
  }
}

/** What people must know before they believe the figures. */
export function warningsOf(figures: BenchFigures, model: Model): string[] {
  const warnings: string[] = []
  const { loadShare, sendLag, stolenShare, listenOverflows } = figures
  if (loadShare >= LOAD_SHARE_MAX) {
    warnings.push(
      `The generator used ${percent(loadShare)} of its core: it was the limit, not the server. ` +
        'The server can do at least this.',
    )
  }
  if ((sendLag.p99Us ?? 0) > SEND_LAG_US_MAX) {
    warnings.push(
      `One request in a hundred left ${micros(sendLag.p99Us ?? 0)} or more after it was due: the ` +
        'generator was the limit, and its own delay is in the response times.',
    )
  }
  if (stolenShare > STOLEN_SHARE_MAX) {
    warnings.push(
      `The machine kept the generator waiting for ${percent(stolenShare)} of the time: other ` +
        'programs run on its core, and the response times hold that.',
    )
  }
  if (listenOverflows > 0) {
    warnings.push(
      `The kernel turned ${whole(listenOverflows)} connections away: a listen queue was full.`,
    )
  }
  if (model.kind === 'closed') warnings.push(CLOSED)
  return warnings
}

const CLOSED =
  'Closed load: who is kept waiting asks less, so a slow server is asked less and most of its ' +
  'delays do not show. Take the rate and the CPU from here; for response times use --rate.'

function serverFigures(usage: Usage, right: number): ServerFigures {
  const { wallUs } = usage
  return {
    ...(right > 0 && { cpuPerRequestUs: usage.serverCpuUs / right }),
    userShare: share(usage.serverUserUs, wallUs),
    systemShare: share(usage.serverSystemUs, wallUs),
    residentBytes: usage.serverResidentBytes,
    voluntarySwitches: usage.serverVoluntarySwitches,
    involuntarySwitches: usage.serverInvoluntarySwitches,
    processes: usage.serverProcesses,
    threads: usage.serverThreads,
  }
}

function perSecond(count: number, wallUs: number): number {
  return wallUs > 0 ? (count * 1e6) / wallUs : 0
}

function share(partUs: number, wallUs: number): number {
  return wallUs > 0 ? partUs / wallUs : 0
}
