/** Reads what `strace -c` writes. Pure. */

import { BenchError } from './bench-error.ts'

/** Calls of each system call, most frequent first. */
export type CallCounts = readonly { name: string; calls: number }[]

/**
 * Reads the table: a row for each system call, its share, seconds, microseconds, calls, errors (or
 * nothing) and name, between two rules of dashes. Throws OUTPUT_UNREADABLE.
 */
export function parseStraceSummary(text: string): CallCounts {
  const lines = text.split('\n')
  const rules = lines.flatMap((line, place) => (/^-+( -+)+\s*$/.test(line) ? [place] : []))
  const [first, second] = rules
  if (first === undefined || second === undefined) throw unreadable(text)
  const counts = lines.slice(first + 1, second).map(line => {
    const fields = line.trim().split(/\s+/)
    const calls = Number(fields[3])
    const name = fields.at(-1)
    if (fields.length < 5 || !Number.isSafeInteger(calls) || name === undefined) {
      throw unreadable(line)
    }
    return { name, calls }
  })
  return counts.sort((a, b) => b.calls - a.calls)
}

function unreadable(found: string): BenchError {
  const start = found.slice(0, 200)
  return new BenchError(
    'OUTPUT_UNREADABLE',
    `expected the table that strace -c writes, found: ${start || '(nothing)'}`,
  )
}
