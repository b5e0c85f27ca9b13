/** Reads the total of a file that callgrind wrote. Pure. */

import { BenchError } from './bench-error.ts'

/**
 * Instructions of the whole run: the `totals:` line of every part of the file, added up (there is
 * one part for each dump). Throws OUTPUT_UNREADABLE, for instance where the run was cut off.
 */
export function parseCallgrindTotal(text: string): number {
  const totals = [...text.matchAll(/^totals: (\d+)\s*$/gm)].map(match => Number(match[1]))
  if (totals.length === 0) {
    throw new BenchError(
      'OUTPUT_UNREADABLE',
      `expected a 'totals:' line from callgrind, found none in ${text.length} characters`,
    )
  }
  return totals.reduce((sum, total) => sum + total, 0)
}
