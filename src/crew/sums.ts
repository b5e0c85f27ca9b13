/** Counters of several members as one. */

import { CLOSE_CODES } from '../errors.ts'
import type { Stats } from '../types.ts'

/** Adds to sums what one of their parts grew by. */
export function addStats(sums: Stats, now: Stats, before: Stats): void {
  const names = Object.keys(sums) as (keyof Stats)[]
  for (const name of names) {
    if (name !== 'closes') sums[name] += now[name] - before[name]
  }
  for (const code of CLOSE_CODES) sums.closes[code] += now.closes[code] - before.closes[code]
}
