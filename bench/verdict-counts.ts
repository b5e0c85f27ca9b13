/** How often each verdict came, against how often the right one should. Pure. */

import type { Verdict, VerdictWord } from '../src/load/run-file.ts'
import { median } from '../src/load/statistics.ts'
import { markdownTable } from './table.ts'

const WORDS: readonly VerdictWord[] = ['faster', 'slower', 'no difference', 'cannot tell']

/** One repeat. */
export interface Repeat {
  seed: number
  /** Undefined where there was none, with the reason. */
  verdict?: Verdict
  noVerdict: string | null
  blocks: number
  seconds: number
  /** Answers that did not come as they should, in words. */
  faults: readonly string[]
}

/** One real comparison of two, repeated. */
export interface Repeated {
  title: string
  expected: VerdictWord
  /** The share of repeats in which the right verdict is to come. */
  wantedShare: number
  repeats: Repeat[]
}

/** The table, and whether every comparison was right often enough. */
export function describeRepeats(comparisons: readonly Repeated[]): string {
  const rows = comparisons.map(comparison => {
    const { title, repeats, expected, wantedShare } = comparison
    const verdicts = repeats.flatMap(({ verdict }) => (verdict === undefined ? [] : [verdict]))
    const ratios = verdicts.map(({ ratio }) => ratio)
    const middle = (values: readonly number[]): string =>
      values.length === 0 ? '-' : median(values).toFixed(3)
    return [
      title,
      ...WORDS.map(word => String(count(comparison, word))),
      String(repeats.length - verdicts.length),
      middle(ratios),
      middle(verdicts.map(({ low, high }) => Math.sqrt(high / low))),
      middle(repeats.map(({ blocks }) => blocks)),
      `${count(comparison, expected)} of ${repeats.length} ${expected}, ` +
        `wanted ${Math.ceil(wantedShare * repeats.length)}: ${isReached(comparison) ? 'reached' : 'missed'}`,
    ]
  })
  const header = [
    'comparison',
    ...WORDS,
    'no verdict',
    'ratio (median)',
    'interval, times',
    'blocks',
    'wanted',
  ]
  return markdownTable(header, rows)
}

/** Whether the right verdict came often enough. */
export function isReached(comparison: Repeated): boolean {
  const { repeats, expected, wantedShare } = comparison
  return repeats.length > 0 && count(comparison, expected) >= wantedShare * repeats.length
}

function count({ repeats }: Repeated, word: VerdictWord): number {
  return repeats.filter(({ verdict }) => verdict?.verdict === word).length
}
