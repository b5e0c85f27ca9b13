/**
 * Quantiles, seeded random numbers, and the interval of a ratio of two series by bootstrap.
 *
 * Pure: randomness comes in as a function, so that a seed repeats a whole report.
 */

/** Gives numbers from 0 (inclusive) to 1 (exclusive). */
export type Random = () => number

/** A ratio and the interval that holds it with 95 % confidence. */
export interface Ratio {
  ratio: number
  low: number
  high: number
}

const RESAMPLES = 2000

/** A small seeded generator (mulberry32). The same seed gives the same numbers everywhere. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The q-quantile, interpolated between its neighbours. Throws RangeError without values. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * q
  const below = sorted[Math.floor(place)]
  const above = sorted[Math.ceil(place)]
  if (below === undefined || above === undefined) {
    throw new RangeError('a quantile of no values was asked for; expected at least one value')
  }
  return below + (above - below) * (place - Math.floor(place))
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** A quarter of the values is lower. Noise only adds, so the low end is nearest to the truth. */
export function lowerQuartile(values: readonly number[]): number {
  return quantile(values, 0.25)
}

/**
 * The ratio of the lower quartiles of two series, with its 95 % percentile bootstrap interval.
 * Value i of both was measured in round i; rounds are drawn whole, so what disturbed both stays so.
 */
export function ratioOfLowerQuartiles(
  values: readonly number[],
  base: readonly number[],
  random: Random,
): Ratio {
  return ratioOf(lowerQuartile, values, base, random)
}

/** The same of the medians: for rates, where noise takes away instead of adding. */
export function ratioOfMedians(
  values: readonly number[],
  base: readonly number[],
  random: Random,
): Ratio {
  return ratioOf(median, values, base, random)
}

function ratioOf(
  middle: (values: readonly number[]) => number,
  values: readonly number[],
  base: readonly number[],
  random: Random,
): Ratio {
  if (values.length !== base.length) {
    throw new RangeError(
      `the series have ${values.length} and ${base.length} rounds; expected the same number`,
    )
  }
  const ratios = Array.from({ length: RESAMPLES }, () => {
    const rounds = values.map(() => Math.floor(random() * values.length))
    return middle(pick(values, rounds)) / middle(pick(base, rounds))
  })
  return {
    ratio: middle(values) / middle(base),
    low: quantile(ratios, 0.025),
    high: quantile(ratios, 0.975),
  }
}

function pick(values: readonly number[], places: readonly number[]): number[] {
  return places.map(place => values[place] ?? Number.NaN)
}
