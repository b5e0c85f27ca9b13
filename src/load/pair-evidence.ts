/**
 * What the blocks say of two designs in one metric: a log ratio for each block, and its bounds.
 *
 * Pure, and without judgement: `verdicts.ts` judges. Capacity is the metric with exceptions. Where
 * the generator ended the search, a design can do at least so much, and where it met the objective
 * at no rate at all, there is no figure.
 */

import { pairedLogRatio } from './bootstrap.ts'
import type { BlockRecord, BlockValues, Metric } from './run-file.ts'

export interface PairEvidence {
  /** log(a / b), one for each block that has figures of both. */
  logRatios: readonly number[]
  /** Whether the generator was the limit of `a`: the true ratio may be greater. */
  isLeast: boolean
  /** Whether the generator was the limit of `b`: the true ratio may be less. */
  isMost: boolean
  /** Blocks in which a design met the objective at no rate. 0 for the other metrics. */
  missingA: number
  missingB: number
  /** Blocks in which both were measured. */
  blocks: number
}

/** In more than this share of the blocks it is no disturbance of the generator, but its limit. */
const DISTURBED_SHARE_MAX = 0.25

/** What the blocks say of `a` and `b`. Blocks without one of them are passed over. */
export function pairEvidence(
  metric: Metric,
  a: string,
  b: string,
  blocks: readonly BlockRecord[],
): PairEvidence {
  const all = blocks.flatMap(({ values }) => {
    const ofA = values[a]
    const ofB = values[b]
    return ofA === undefined || ofB === undefined ? [] : [{ ofA, ofB }]
  })
  if (metric !== 'capacity') {
    const logRatios = logRatiosOf(metric, all)
    return { logRatios, isLeast: false, isMost: false, ...NONE_MISSING, blocks: all.length }
  }
  const isLeast = isLimited(all.map(({ ofA }) => ofA))
  const isMost = isLimited(all.map(({ ofB }) => ofB))
  // Where it was but a disturbance of the generator, the block's figure says nothing.
  const pairs = all.filter(
    ({ ofA, ofB }) =>
      (isLeast || !ofA.capacityIsGenerators) && (isMost || !ofB.capacityIsGenerators),
  )
  return {
    logRatios: logRatiosOf(metric, pairs),
    isLeast,
    isMost,
    missingA: pairs.filter(({ ofA }) => ofA.capacity === null).length,
    missingB: pairs.filter(({ ofB }) => ofB.capacity === null).length,
    blocks: pairs.length,
  }
}

/** Whether any block has a figure of the metric: a comparison may leave metrics out. */
export function isMeasured(metric: Metric, blocks: readonly BlockRecord[]): boolean {
  return blocks.some(({ values }) =>
    Object.values(values).some(each => figures(metric, each).length > 0),
  )
}

const NONE_MISSING = { missingA: 0, missingB: 0 }

function isLimited(values: readonly BlockValues[]): boolean {
  const limited = values.filter(({ capacityIsGenerators }) => capacityIsGenerators)
  return limited.length > DISTURBED_SHARE_MAX * values.length
}

function logRatiosOf(
  metric: Metric,
  pairs: readonly { ofA: BlockValues; ofB: BlockValues }[],
): number[] {
  return pairs.flatMap(({ ofA, ofB }) => {
    const ratio = pairedLogRatio(figures(metric, ofA), figures(metric, ofB))
    return ratio === undefined ? [] : [ratio]
  })
}

/** The figures of one block, one for each round. */
function figures(metric: Metric, values: BlockValues): readonly number[] {
  if (metric === 'cpuPerRequest') return values.cpuPerRequestUs
  if (metric === 'p50') return values.p50Us
  if (metric === 'p99') return values.p99Us
  return values.capacity === null ? [] : [values.capacity]
}
