/** Student's t and the normal distribution, with types: `jstat` has none of its own. */

import { createRequire } from 'node:module'

interface Distributions {
  jStat: {
    studentt: { inv(probability: number, degreesOfFreedom: number): number }
    normal: { cdf(value: number, mean: number, deviation: number): number }
  }
}

const { jStat }: Distributions = createRequire(import.meta.url)('jstat')

/** The quantile of Student's t. `degreesOfFreedom` from 1 up. */
export function studentQuantile(probability: number, degreesOfFreedom: number): number {
  return jStat.studentt.inv(probability, degreesOfFreedom)
}

/** How much of the normal distribution lies below `value` standard deviations. */
export function normalShareBelow(value: number): number {
  return jStat.normal.cdf(value, 0, 1)
}
