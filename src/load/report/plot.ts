/**
 * Draws lines against two axes, as SVG text: what a reader without scripts sees.
 *
 * Lines are named at their ends, not in a legend. Each line carries its values, so that a script
 * can show them under the pointer; the figure around a picture has them in a table.
 */

import { line } from 'd3-shape'
import { type Html, html, type Part } from './html.ts'
import { type Axis, makeScale, type Scale } from './scales.ts'
import { mark, round, seriesClass } from './series.ts'

/** One value of a line, with how it is said. */
export interface Point {
  x: number
  y: number
  text: string
}

/** One design's line. */
export interface Line {
  name: string
  /** Its place in the report: gives its look. */
  index: number
  points: readonly Point[]
}

export interface PlotContent {
  /** Names the picture for those who do not see it; unique in the page. */
  title: string
  x: Axis
  y: Axis
  /** What an x is called under the pointer: `7 users`. */
  xText: (value: number) => string
  lines: readonly Line[]
  /** At most so many marks on a line. @default as many as points */
  marksMax?: number
}

/** A picture without content: its frame, and what places points in it. */
export interface Frame {
  width: number
  height: number
  left: number
  right: number
  top: number
  bottom: number
  x: Scale
  y: Scale
}

/** Wide enough for half a desktop's page, and for a telephone's. */
export const WIDTHS = { wide: 600, narrow: 358 } as const

const LABEL_GAP = 15
/** A generous width of a character of 12 px. */
export const CHARACTER = 7.2
const TICK_GAP = 4
/** Of the name at the end of a line. */
export const LABEL_CHARACTERS_MAX = { wide: 22, narrow: 14 } as const

/** The picture, for both widths; the page shows the one that fits. */
export function drawPlot(content: PlotContent): Html {
  return html`${drawAt(content, 'wide')}${drawAt(content, 'narrow')}`
}

function drawAt(content: PlotContent, size: keyof typeof WIDTHS): Html {
  const shown = content.lines.filter(({ points }) => points.length > 0)
  const labels = shown.map(({ name }) => shorten(name, LABEL_CHARACTERS_MAX[size]))
  const frame = makeFrame(content, shown, size, Math.max(...labels.map(({ length }) => length), 1))
  const ends = shown.map(({ points }) => frame.y.at(points.at(-1)?.y ?? 0))
  const places = spread(ends, frame.top, frame.height - frame.bottom)
  const columns = [...new Set(shown.flatMap(({ points }) => points.map(({ x }) => x)))]
  columns.sort((one, other) => one - other)
  return html`<svg class="plot ${size}" viewBox="0 0 ${frame.width} ${frame.height}" role="img"
aria-label="${content.title}" data-x="${columns.map(x => round(frame.x.at(x))).join(' ')}"
data-t="${columns.map(content.xText).join('|')}"
data-edge="${frame.left} ${frame.top} ${round(frame.width - frame.right)} ${
    frame.height - frame.bottom
  }">${drawAxes(frame, content.x, content.y)}${shown.map((each, index) =>
    drawLine(each, columns, frame, labels[index] ?? '', places[index] ?? 0, content.marksMax),
  )}</svg>`
}

function makeFrame(
  content: PlotContent,
  lines: readonly Line[],
  size: keyof typeof WIDTHS,
  labelLength: number,
): Frame {
  const points = lines.flatMap(each => each.points)
  const width = WIDTHS[size]
  const edges = { left: 60, right: labelLength * CHARACTER + 26, top: 30, bottom: 44 }
  const height = Math.max(size === 'wide' ? 340 : 300, lines.length * LABEL_GAP + 74)
  const xs = points.map(({ x }) => x)
  const ys = points.map(({ y }) => y)
  const x = makeScale(content.x, xs, 'x', [edges.left, width - edges.right])
  const y = makeScale(content.y, ys, 'y', [height - edges.bottom, edges.top])
  return { width, height, ...edges, x, y }
}

/** Grid, ticks and what the axes are called. The y label stands on top, where it is read. */
export function drawAxes(frame: Frame, x: Axis, y: Axis): Html {
  const { left, width, height } = frame
  const end = round(width - frame.right)
  const floor = height - frame.bottom
  const places = frame.x.ticks.map(value => ({ at: round(frame.x.at(value)), text: x.tick(value) }))
  const named = namedTicks(places)
  const xTicks = places.map(({ at, text }): Part => {
    const isNamed = named.has(at)
    return html`<path d="M${at} ${floor}v${isNamed ? 5 : 3}"/>${
      isNamed && html`<text x="${at}" y="${floor + 18}" text-anchor="middle">${text}</text>`
    }`
  })
  const yTicks = frame.y.ticks.map((value): Part => {
    const at = round(frame.y.at(value))
    return html`<path class="grid" d="M${left} ${at}H${end}"/><text x="${left - 7}" y="${round(
      at + 4,
    )}" text-anchor="end">${y.tick(value)}</text>`
  })
  return html`<g class="axes" aria-hidden="true">${yTicks}<path d="M${left} ${floor}H${end}"/>${
    xTicks
  }<text class="name" x="4" y="14">${y.label}</text><text class="name" x="${end}" y="${
    height - 7
  }" text-anchor="end">${x.label}</text></g>`
}

/** The ticks that have room for their text: the last has, then as many as fit from the left. */
function namedTicks(places: readonly { at: number; text: string }[]): Set<number> {
  const half = (text: string): number => (text.length * CHARACTER) / 2
  const last = places.at(-1)
  const end = last ? last.at - half(last.text) : 0
  const named = new Set(last ? [last.at] : [])
  let free = Number.NEGATIVE_INFINITY
  for (const { at, text } of places) {
    if (at - half(text) < free + TICK_GAP || at + half(text) > end - TICK_GAP) continue
    named.add(at)
    free = at + half(text)
  }
  return named
}

function drawLine(
  each: Line,
  columns: readonly number[],
  frame: Frame,
  label: string,
  place: number,
  marksMax = Number.POSITIVE_INFINITY,
): Html {
  const at = each.points.map(({ x, y }): [number, number] => [
    round(frame.x.at(x)),
    round(frame.y.at(y)),
  ])
  const byX = new Map(each.points.map((point, index) => [point.x, index]))
  const found = columns.map(x => byX.get(x))
  const ys = found.map(index => (index === undefined ? '-' : at[index]?.[1]))
  const values = found.map(index => (index === undefined ? '' : each.points[index]?.text))
  const stride = Math.max(1, Math.ceil(at.length / marksMax))
  const marked = at.filter((_, index) => (at.length - 1 - index) % stride === 0)
  const [endX, endY] = at.at(-1) ?? [0, 0]
  const edge = round(frame.width - frame.right)
  return html`<g class="line ${seriesClass(each.index)}" data-i="${each.index}" data-n="${
    each.name
  }" data-y="${ys.join(' ')}" data-v="${values.join('|')}"><path class="stroke" d="${
    line()(at) ?? ''
  }"/>${marked.map(([x, y]) => mark(each.index, x, y))}<path class="leader" d="M${
    endX + 6
  } ${endY}L${edge + 12} ${round(place)}"/>${mark(each.index, edge + 16, place)}<text x="${
    edge + 24
  }" y="${round(place + 4)}" aria-hidden="true">${label}</text></g>`
}

/** Moves labels apart, as little as is needed, and keeps them between two edges. */
export function spread(wanted: readonly number[], top: number, bottom: number): number[] {
  const order = wanted.map((_, index) => index)
  order.sort((one, other) => (wanted[one] ?? 0) - (wanted[other] ?? 0))
  const places = [...wanted]
  let above = top - LABEL_GAP
  for (const index of order) {
    above = Math.max(wanted[index] ?? 0, above + LABEL_GAP)
    places[index] = above
  }
  let below = bottom + LABEL_GAP
  for (const index of order.toReversed()) {
    below = Math.min(places[index] ?? 0, below - LABEL_GAP)
    places[index] = below
  }
  return places
}

/** A name that fits beside a line: its middle is left out, for names often differ at the end. */
export function shorten(name: string, charactersMax: number): string {
  const characters = [...name]
  if (characters.length <= charactersMax) return name
  const kept = charactersMax - 1
  const start = characters.slice(0, Math.ceil(kept / 2)).join('')
  return `${start}…${characters.slice(characters.length - Math.floor(kept / 2)).join('')}`
}
