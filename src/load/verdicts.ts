/**
 * The verdicts of a comparison, from what its blocks measured.
 *
 * Pure: the same file gives the same verdicts, which is what `verify` rests on. Measures nothing,
 * and decides nothing about going on: see `stopping.ts`. docs/benchmarking.md explains the method.
 */

import { blockInterval, expectedReach, type LogInterval } from './bootstrap.ts'
import { alphaAt } from './looks.ts'
import { isMeasured, type PairEvidence, pairEvidence } from './pair-evidence.ts'
import {
  type InstrumentCheck,
  METRICS,
  type Metric,
  type Refusal,
  type RunFile,
  type Verdict,
  type VerdictWord,
} from './run-file.ts'
import { type Finding, verdictText } from './verdict-text.ts'

/** Differences that nobody has to care for, as shares. What is within them is no difference. */
export const MARGINS: Readonly<Record<Metric, number>> = {
  cpuPerRequest: 0.02,
  capacity: 0.05,
  p50: 0.05,
  p99: 0.1,
}

/**
 * How much is measured, unless told otherwise. By simulation (`__test__/load/verdicts.spec.ts`): a
 * slice of 0.15 s scatters by 3 %, a process by 0.5 %, and starting one costs as much as three
 * slices; then twelve rounds a block tell most in a given time. No ten minutes hold 80 blocks, so
 * that it is the time that ends a comparison, and more of it always tells more.
 */
export const BLOCK_DEFAULTS = {
  confidence: 0.95,
  minutesMax: 10,
  blocksMin: 6,
  blocksMax: 80,
  roundsPerBlock: 12,
} as const

/** Ends of intervals that stand for none: a ratio beyond them is not known to be bounded. */
export const RATIO_MIN = 1e-6
export const RATIO_MAX = 1e6

/** More than this is no advice. */
const MORE_MINUTES_MAX = 600

/** What verdicts follow from. */
export type Measured = Pick<RunFile, 'blocks' | 'settings' | 'contestants' | 'gate' | 'instrument'>
export type Derived = Pick<RunFile, 'verdicts' | 'refused' | 'noVerdict'>

/**
 * The verdicts of every pair of designs that passed the gate, in every metric that was measured.
 *
 * The intervals of one metric hold together, over all pairs and all looks, with
 * `settings.confidence`. A failed instrument check, less than two designs that passed, or less than
 * two blocks give no verdicts, and the reason.
 */
export function deriveVerdicts(run: Measured): Derived {
  const refused = refusals(run)
  const ranked = run.contestants
    .map(({ name }) => name)
    .filter(name => !refused.some(refusal => refusal.name === name))
  const noVerdict = reasonAgainst(run, ranked)
  if (noVerdict !== null) return { verdicts: [], refused, noVerdict }
  const pairs = ranked.flatMap((a, index) => ranked.slice(index + 1).map(b => [a, b] as const))
  const verdicts = METRICS.filter(metric => isMeasured(metric, run.blocks)).flatMap(metric =>
    pairs.map(([a, b]) => judge(run, metric, a, b, pairs.length)),
  )
  return { verdicts, refused, noVerdict: null }
}

function refusals({ contestants, gate }: Measured): Refusal[] {
  return contestants.flatMap(({ name }) => {
    const checks = gate.filter(record => record.name === name).flatMap(record => record.checks)
    const failed = checks.filter(({ result }) => result === 'failed')
    if (failed.length === 0) return []
    return [{ name, reason: failed.map(check => `${check.name}: ${check.detail}`).join('; ') }]
  })
}

function reasonAgainst({ instrument, blocks }: Measured, ranked: readonly string[]): string | null {
  const failed = instrument.filter(({ passed }) => !passed)
  if (failed.length > 0) {
    return `the instrument failed its check: ${failed.map(describeFault).join('; ')}`
  }
  if (ranked.length === 0) return 'no design passed the gate'
  if (ranked.length === 1) return `only ${ranked[0]} passed the gate: nothing to compare it with`
  if (blocks.length < 2) return `${blocks.length} of at least 2 blocks measured: give it more time`
  return null
}

function describeFault({ name, expected, measured, bound, unit }: InstrumentCheck): string {
  const figure = Number(measured.toPrecision(3))
  return `${name}: ${figure}, bound ${Number(bound.toPrecision(3))} ${unit} (expected: ${expected})`
}

/** What is known of a pair, as ratios. */
type Known = Pick<Finding, 'ratio' | 'low' | 'high'>

function judge(run: Measured, metric: Metric, a: string, b: string, pairs: number): Verdict {
  const { settings } = run
  const evidence = pairEvidence(metric, a, b, run.blocks)
  const alpha = alphaAt(run.blocks.length, pairs, settings)
  const interval = intervalOf(evidence, alpha, seedOf(settings.seed, metric, a, b))
  const known = knownOf(evidence, interval)
  const margin = settings.margins[metric]
  const verdict = wordOf(known, metric, margin)
  const isBound = evidence.isLeast || evidence.isMost
  const moreMinutes =
    verdict === 'cannot tell' && interval !== undefined && !isBound
      ? minutesToTell(interval, evidence.logRatios.length, alpha, margin, run)
      : undefined
  const finding: Finding = { a, b, metric, ...known, verdict, evidence, settings, moreMinutes }
  return {
    a,
    b,
    metric,
    ...known,
    verdict,
    ...(moreMinutes === undefined ? {} : { moreMinutes }),
    text: verdictText(finding),
  }
}

/** None where blocks are too few, or where a design sometimes has a figure and sometimes not. */
function intervalOf(evidence: PairEvidence, alpha: number, seed: number): LogInterval | undefined {
  if (evidence.missingA + evidence.missingB > 0 || evidence.logRatios.length < 2) return undefined
  return blockInterval(evidence.logRatios, alpha, seed)
}

/** To have no figure in any block is to have none at all: it counts as nothing against a number. */
function knownOf(evidence: PairEvidence, interval: LogInterval | undefined): Known {
  const { missingA, missingB, blocks, isLeast, isMost } = evidence
  let known = { ratio: 1, low: RATIO_MIN, high: RATIO_MAX }
  if (interval !== undefined) {
    const { estimate, low, high } = interval
    known = { ratio: ratioOf(estimate), low: ratioOf(low), high: ratioOf(high) }
  } else if (blocks >= 2 && missingA === blocks && missingB === 0) {
    known = { ratio: RATIO_MIN, low: RATIO_MIN, high: RATIO_MIN }
  } else if (blocks >= 2 && missingB === blocks && missingA === 0) {
    known = { ratio: RATIO_MAX, low: RATIO_MAX, high: RATIO_MAX }
  }
  return {
    ratio: known.ratio,
    low: isMost ? RATIO_MIN : known.low,
    high: isLeast ? RATIO_MAX : known.high,
  }
}

function ratioOf(logRatio: number): number {
  return Math.min(Math.max(Math.exp(logRatio), RATIO_MIN), RATIO_MAX)
}

function wordOf({ low, high }: Known, metric: Metric, margin: number): VerdictWord {
  if (low >= 1 / (1 + margin) && high <= 1 + margin) return 'no difference'
  if (low <= 1 && high >= 1) return 'cannot tell'
  return high < 1 === (metric === 'capacity') ? 'slower' : 'faster'
}

/**
 * About how many more minutes would decide, if the estimate and the scatter stayed as they are:
 * until the interval either leaves out 1 or fits into the margins. At least a block's.
 */
function minutesToTell(
  { estimate, deviation }: LogInterval,
  blocks: number,
  alpha: number,
  margin: number,
  run: Measured,
): number | undefined {
  const offset = Math.abs(estimate)
  const reach = Math.max(Math.log(1 + margin) - offset, offset)
  // The quantile depends on the number it is to find; a few steps settle it.
  let needed = blocks + 1
  for (let step = 0; step < 6; step++) {
    const share = expectedReach(deviation, needed, alpha) / reach
    needed = Math.max(blocks + 1, Math.ceil(needed * share ** 2))
  }
  const seconds = run.blocks.reduce((sum, block) => sum + block.seconds, 0) / run.blocks.length
  const minutes = Math.max(1, Math.ceil(((needed - blocks) * seconds) / 60))
  return minutes <= MORE_MINUTES_MAX ? minutes : undefined
}

/** A seed of its own for each pair and metric (FNV-1a), so that none depends on the others. */
function seedOf(seed: number, ...words: readonly string[]): number {
  let hash = (seed ^ 0x811c9dc5) >>> 0
  for (const character of words.join('\n')) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0
  }
  return hash
}
