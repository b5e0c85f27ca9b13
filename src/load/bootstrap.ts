/**
 * The interval of the ratio of two designs, from blocks.
 *
 * Pure. A block is the unit: both designs have fresh processes in it, so what a process is born
 * with (its memory layout, its luck) differs between blocks and not within. Rounds within a block
 * only sharpen the block's one figure; counting them as samples would promise too much. Knows
 * nothing of metrics, verdicts or how many pairs there are: see `verdicts.ts`.
 */

import { type Random, seededRandom } from './statistics.ts'
import { normalShareBelow, studentQuantile } from './student.ts'

const RESAMPLES = 1000

/** The logarithm of a ratio, with what is known of its error. */
export interface LogInterval {
  estimate: number
  low: number
  high: number
  /** Of the blocks' figures, not of their mean. */
  deviation: number
}

/**
 * The logarithm of a's figure over b's in one block: the mean of the middle half of the rounds' log
 * ratios. Undefined where no round has two positive figures.
 *
 * Index r of both lists was measured in round r, so drift that both suffered cancels. Of mean,
 * median, Hodges-Lehmann, ratio of lower quartiles and this, this one scatters least when a
 * twentieth of the slices is disturbed, and little more than the best when a fiftieth or a tenth is
 * (docs/benchmarking.md has the figures).
 */
export function pairedLogRatio(a: readonly number[], b: readonly number[]): number | undefined {
  const ratios: number[] = []
  for (let round = 0; round < Math.min(a.length, b.length); round++) {
    const ratio = Math.log((a[round] ?? Number.NaN) / (b[round] ?? Number.NaN))
    if (Number.isFinite(ratio)) ratios.push(ratio)
  }
  return ratios.length === 0 ? undefined : middleHalfMean(ratios)
}

/** The mean without the lowest and the highest quarter. Of three values or less, of all. */
export function middleHalfMean(values: readonly number[]): number {
  const cut = Math.floor(values.length / 4)
  return mean(values.toSorted((x, y) => x - y).slice(cut, values.length - cut))
}

/**
 * The interval that holds the mean over all blocks there could be, with an error of `alpha`.
 *
 * On each side the wider of two, for each is too narrow where the other is right:
 * - Student's t on the deviation of the blocks, right for few blocks if their figures are evenly
 *   spread, and the only one that can go beyond the blocks that were seen;
 * - the bootstrap percentile interval over whole blocks, right if they are skewed; expanded for few
 *   blocks as Hesterberg does (What teachers should know about the bootstrap, 2015, 5.3).
 *
 * Throws RangeError for less than two blocks: one says nothing of how blocks differ.
 */
export function blockInterval(blocks: readonly number[], alpha: number, seed: number): LogInterval {
  const count = blocks.length
  if (count < 2) throw new RangeError(`an interval of ${count} blocks; expected at least two`)
  const estimate = mean(blocks)
  const squares = blocks.reduce((sum, block) => sum + (block - estimate) ** 2, 0)
  const deviation = Math.sqrt(squares / (count - 1))
  const quantile = studentQuantile(1 - alpha / 2, count - 1)
  const reach = (quantile * deviation) / Math.sqrt(count)
  const tail = normalShareBelow(-Math.sqrt(count / (count - 1)) * quantile)
  const means = resampledMeans(blocks, seededRandom(seed))
  return {
    estimate,
    low: Math.min(estimate - reach, quantileOfSorted(means, tail)),
    high: Math.max(estimate + reach, quantileOfSorted(means, 1 - tail)),
    deviation,
  }
}

/** How far the interval would reach to each side of its estimate with so many blocks. */
export function expectedReach(deviation: number, blocks: number, alpha: number): number {
  return (studentQuantile(1 - alpha / 2, blocks - 1) * deviation) / Math.sqrt(blocks)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The means of resamples of whole blocks, in rising order. */
function resampledMeans(blocks: readonly number[], random: Random): Float64Array {
  const means = new Float64Array(RESAMPLES)
  for (let resample = 0; resample < RESAMPLES; resample++) {
    let sum = 0
    for (let drawn = 0; drawn < blocks.length; drawn++) {
      sum += blocks[Math.floor(random() * blocks.length)] ?? Number.NaN
    }
    means[resample] = sum / blocks.length
  }
  return means.sort()
}

function quantileOfSorted(sorted: Float64Array, q: number): number {
  const place = (sorted.length - 1) * q
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}
