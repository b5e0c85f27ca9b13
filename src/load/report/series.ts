/**
 * How a design looks, the same in every plot: a colour, a dash and a mark.
 *
 * No two of the first 64 look alike, and the first 8 differ without colour, by their marks.
 */

import {
  type SymbolType,
  symbol,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolWye,
} from 'd3-shape'
import { type Html, html, trusted } from './html.ts'

const COLOURS = 8
const DASHES = 3
const MARKS: readonly SymbolType[] = [
  symbolCircle,
  symbolSquare,
  symbolTriangle,
  symbolDiamond,
  symbolCross,
  symbolStar,
  symbolWye,
  { draw: drawDown },
]

/** The classes of a design, by its place in the report. */
export function seriesClass(index: number): string {
  return `s${index % COLOURS} d${Math.floor(index / COLOURS) % DASHES}`
}

/** The mark of a design, its middle at a point of a picture. */
export function mark(index: number, x: number, y: number): Html {
  return html`<use href="#m${markOf(index)}" x="${round(x)}" y="${round(y)}"/>`
}

/** Those of one colour have different marks. */
function markOf(index: number): number {
  return (index + Math.floor(index / COLOURS) * 3) % MARKS.length
}

/** A mark beside a name in text; for the eye only. */
export function badge(index: number): Html {
  return html`<svg class="badge ${seriesClass(index)}" viewBox="-7 -7 14 14"
aria-hidden="true">${mark(index, 0, 0)}</svg>`
}

/** What `mark` refers to, once in a page. */
export function markDefinitions(): Html {
  const paths = MARKS.map((type, index) => {
    const path = symbol(type, 42)() ?? ''
    const short = path.replace(/\d+\.\d+/g, text => String(round(Number(text))))
    return `<path id="m${index}" d="${short}"/>`
  })
  return trusted(
    `<svg class="defs" aria-hidden="true" focusable="false"><defs>${paths.join('')}</defs></svg>`,
  )
}

/** A coordinate: a tenth of a pixel is enough. */
export function round(value: number): number {
  return Math.round(value * 10) / 10
}

/** A triangle that stands on its head. */
function drawDown(context: Parameters<SymbolType['draw']>[0], size: number): void {
  const y = -Math.sqrt(size / (Math.sqrt(3) * 3))
  context.moveTo(0, -y * 2)
  context.lineTo(-Math.sqrt(3) * y, y)
  context.lineTo(Math.sqrt(3) * y, y)
  context.closePath()
}
