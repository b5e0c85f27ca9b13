/**
 * Who stands where: a run's verdicts and figures by design, for one metric. Derives no verdicts
 * and draws nothing.
 */

import { pairEvidence } from '../pair-evidence.ts'
import type { BlockValues, Metric, RunFile, Verdict, VerdictWord } from '../run-file.ts'

/** How one design compares with another: `ratio` is the first's figure over the second's. */
export interface Comparison {
  ratio: number
  low: number
  high: number
  verdict: VerdictWord
  text: string
}

export interface Standing {
  name: string
  /** 1 for the best. One more than the number of designs that are surely better. */
  rank: number
  /** Whether others have the same rank. */
  isShared: boolean
  /** The mean over the blocks, in the metric's unit. */
  value: number
  /** Whether the generator, not the design, was at its end: the true value may be greater. */
  isAtLeast: boolean
  /** Against the best; null for the best itself, and where there is no verdict. */
  againstBest: Comparison | null
}

/** What one metric is called, and which way is better. */
export const METRIC_WORDS: Readonly<Record<Metric, { name: string; isHigherBetter: boolean }>> = {
  cpuPerRequest: { name: 'CPU per request', isHigherBetter: false },
  capacity: { name: 'Capacity', isHigherBetter: true },
  p50: { name: 'Median response time', isHigherBetter: false },
  p99: { name: '99th percentile', isHigherBetter: false },
}

/** The designs that have verdicts of a metric, best first. Empty where there are no verdicts. */
export function standingsOf(run: RunFile, metric: Metric): Standing[] {
  const verdicts = run.verdicts.filter(verdict => verdict.metric === metric)
  const names = [...new Set(verdicts.flatMap(({ a, b }) => [a, b]))]
  const direction = METRIC_WORDS[metric].isHigherBetter ? -1 : 1
  const ranked = names.map(name => ({
    name,
    value: meanOf(run, name, metric) ?? Number.NaN,
    isAtLeast: metric === 'capacity' && isGeneratorsLimit(run, name),
    rank: 1 + names.filter(other => compare(verdicts, other, name)?.verdict === 'faster').length,
  }))
  const last = (value: number): number =>
    Number.isNaN(value) ? Number.MAX_VALUE : value * direction
  ranked.sort((one, other) => one.rank - other.rank || last(one.value) - last(other.value))
  const best = ranked[0]?.name ?? ''
  return ranked.map(each => ({
    ...each,
    isShared: ranked.filter(({ rank }) => rank === each.rank).length > 1,
    againstBest: each.name === best ? null : (compare(verdicts, each.name, best) ?? null),
  }))
}

/** What was found of two designs, whichever of them the verdict names first. */
export function compare(
  verdicts: readonly Verdict[],
  a: string,
  b: string,
): Comparison | undefined {
  const straight = verdicts.find(verdict => verdict.a === a && verdict.b === b)
  if (straight) return straight
  const turned = verdicts.find(verdict => verdict.a === b && verdict.b === a)
  return (
    turned && {
      ratio: 1 / turned.ratio,
      low: 1 / turned.high,
      high: 1 / turned.low,
      verdict: turn(turned.verdict),
      text: turned.text,
    }
  )
}

function turn(word: VerdictWord): VerdictWord {
  if (word === 'faster') return 'slower'
  return word === 'slower' ? 'faster' : word
}

/** The mean of a metric over the blocks in which it was measured; undefined where in none. */
export function meanOf(run: RunFile, name: string, metric: Metric): number | undefined {
  return mean(blockFigures(run, name, metric))
}

/** A design's figure in each block that has one. */
export function blockFigures(run: RunFile, name: string, metric: Metric): number[] {
  const isAtLeast = metric === 'capacity' && isGeneratorsLimit(run, name)
  return run.blocks.flatMap(({ values }) => {
    const ofBlock = values[name]
    // Where the generator was but disturbed, the verdicts leave the block out too.
    if (metric === 'capacity' && ofBlock?.capacityIsGenerators && !isAtLeast) return []
    const figure = ofBlock && figureOfBlock(ofBlock, metric)
    return figure === undefined || figure === null ? [] : [figure]
  })
}

/** Whether the verdicts take the design's capacity for a lower bound. */
function isGeneratorsLimit({ blocks }: RunFile, name: string): boolean {
  return pairEvidence('capacity', name, name, blocks).isLeast
}

function figureOfBlock(values: BlockValues, metric: Metric): number | null | undefined {
  if (metric === 'capacity') return values.capacity
  if (metric === 'cpuPerRequest') return mean(values.cpuPerRequestUs)
  return mean(metric === 'p50' ? values.p50Us : values.p99Us)
}

function mean(values: readonly number[]): number | undefined {
  return values.length > 0
    ? values.reduce((sum, value) => sum + value, 0) / values.length
    : undefined
}

/**
 * Every design of the runs with its place, which gives its look: the last run's first, the least
 * CPU per request before; then those without a rank, as they were named.
 */
export function designsOf(runs: readonly RunFile[]): Map<string, number> {
  const places = new Map<string, number>()
  for (const run of runs.toReversed()) {
    const ranked = standingsOf(run, 'cpuPerRequest').map(({ name }) => name)
    for (const name of [...ranked, ...run.contestants.map(each => each.name)]) {
      if (!places.has(name)) places.set(name, places.size)
    }
  }
  return places
}

/** A sentence that names the designs with a rank that a part of the run has not; else nothing. */
export function leftOutText(run: RunFile, measured: readonly { name: string }[]): string {
  const known = new Set([...measured, ...run.refused].map(({ name }) => name))
  const names = run.contestants.map(({ name }) => name).filter(name => !known.has(name))
  return names.length === 0 ? '' : ` Not measured, for want of time: ${names.join(', ')}.`
}
