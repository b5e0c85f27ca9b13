/** Markdown tables, and how figures are written in them. Pure. */

import type { Ratio } from '../src/load/statistics.ts'

/** A table; the first column is text and stands left, the others stand right. */
export function markdownTable(header: readonly string[], rows: readonly string[][]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map(row => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => pad(cells[column] ?? '', width, column)).join(' | ')} |`
  const rule = widths.map((width, column) => (column === 0 ? '-' : ':').padStart(width, '-'))
  return [line(header), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n')
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width)
}

/** Three significant digits, as far as a reader can use them. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US')
  return value.toPrecision(3)
}

/** A ratio with its interval: `1.02 (1.00-1.05)`. */
export function ratioFigure({ ratio, low, high }: Ratio): string {
  if (!Number.isFinite(ratio)) return '-'
  return `${ratio.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`
}

/** A share as a percentage. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${Math.round(share * 100)} %` : '-'
}

/** Says whether a ratio is what it is to be. Being close is not reaching it. */
export function wantedNote(what: string, ratio: Ratio, atMost: number): string {
  const isKnown = [ratio.ratio, ratio.low, ratio.high].every(Number.isFinite)
  const verdict = !isKnown ? 'cannot tell' : ratio.ratio <= atMost ? 'reached' : 'missed'
  return `Wanted: ${what} at most ${atMost.toFixed(2)}; it is ${ratioFigure(ratio)}: ${verdict}.`
}
