/** How the cost of a design grows with its connections and with pipelining. */

import type { GrowthRecord, RunFile } from '../run-file.ts'
import { bar, design, figureOf, figures, plotFigure, section, table } from './figure.ts'
import { type Html, html, type Part } from './html.ts'
import { bytes, figure, tick, whole } from './numbers.ts'
import type { Line } from './plot.ts'
import type { Axis } from './scales.ts'
import { leftOutText } from './standings.ts'

type Places = ReadonlyMap<string, number>

/** Where the most is over so many times the least, a log scale shows both. */
const LOG_FROM = 8

/** The section of growth. */
export function growthSection(run: RunFile, places: Places): Part {
  if (run.growth.length === 0) return null
  const lead = `A design that looks at every connection for each request costs more the more there
are; a flat line does not care.${leftOutText(run, run.growth)}`
  return section('growth', 'Growth', lead, [
    figures(
      costFigure(
        run,
        'connections',
        places,
        'Ten connections ask, the others are idle. Steeper is worse.',
      ),
      costFigure(
        run,
        'pipelining',
        places,
        'Ten users. Requests that are sent at once share reads, writes and wake-ups.',
      ),
      memoryFigure(run, places),
    ),
  ])
}

function costFigure(
  run: RunFile,
  axis: GrowthRecord['axis'],
  places: Places,
  note: string,
): Html | null {
  const lines = linesOf(
    run,
    axis,
    places,
    record => record.cpuPerRequestUs,
    value => `${figure(value)} µs`,
  )
  if (lines.length === 0) return null
  return plotFigure(`growth-${axis}`, `${note}${endingEarly(lines)}`, {
    title: `CPU per request against ${axis}`,
    x: axisOf(axis === 'connections' ? 'connections' : 'requests sent at once', lines),
    y: { label: 'CPU µs a request', kind: kindOf(lines), tick },
    xText: value =>
      axis === 'connections' ? `${whole(value)} connections` : `${whole(value)} at once`,
    lines,
  })
}

function memoryFigure(run: RunFile, places: Places): Html | null {
  const lines = linesOf(run, 'connections', places, record => record.bytesPerConnection, bytes)
  if (lines.length === 0) return null
  const note = `Anonymous memory of the server that each further connection cost; what the
kernel keeps for a socket is not in it.`
  const [first] = lines.flatMap(({ points }) => points)
  if (first && lines.every(({ points }) => points.every(({ x }) => x === first.x))) {
    return memoryBars(lines, first.x, note)
  }
  return plotFigure('growth-memory', note, {
    title: 'Memory per connection against connections',
    x: axisOf('connections', lines),
    y: { label: 'bytes a connection', kind: kindOf(lines), tick },
    xText: value => `${whole(value)} connections`,
    lines,
  })
}

/** Where it is known at one number of connections only there is no line to draw. */
function memoryBars(lines: readonly Line[], connections: number, note: string): Html {
  const title = `Memory per connection at ${whole(connections)} connections`
  const bytesOf = ({ points }: Line): number => points[0]?.y ?? 0
  const most = Math.max(...lines.map(bytesOf), 1)
  const rows = lines
    .toSorted((one, other) => bytesOf(one) - bytesOf(other))
    .map(each => [
      design(each.name, each.index),
      html`<svg class="share" viewBox="0 0 100 16" preserveAspectRatio="none"
aria-hidden="true">${bar(Math.max(0, bytesOf(each)) / most, each.index)}</svg>`,
      each.points[0]?.text,
    ])
  const columns = ['Design', html`<span class="sr">Bar</span>`, 'Bytes a connection']
  return figureOf('growth-memory', title, note, table({ caption: title, columns, rows }), null)
}

function linesOf(
  run: RunFile,
  axis: GrowthRecord['axis'],
  places: Places,
  of: (record: GrowthRecord) => number | undefined,
  text: (value: number) => string,
): Line[] {
  const lines = [...places].map(([name, index]): Line => {
    const records = run.growth.filter(record => record.name === name && record.axis === axis)
    records.sort((one, other) => one.at - other.at)
    const points = records.flatMap(record => {
      const y = of(record)
      return y === undefined ? [] : [{ x: record.at, y, text: text(y) }]
    })
    return { name, index, points }
  })
  return lines.filter(({ points }) => points.length > 0)
}

/** Those whose lines end before others do. */
function endingEarly(lines: readonly Line[]): string {
  const end = (each: Line): number => Math.max(...each.points.map(({ x }) => x))
  const last = Math.max(...lines.map(end))
  const names = lines.filter(each => end(each) < last).map(({ name }) => name)
  return names.length === 0 ? '' : ` Could not hold more: ${names.join(', ')}.`
}

/** Ticks where something was measured. */
function axisOf(label: string, lines: readonly Line[]): Axis {
  const ticks = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))]
  ticks.sort((one, other) => one - other)
  return { label, kind: 'log', tick: whole, ticks }
}

function kindOf(lines: readonly Line[]): Axis['kind'] {
  const values = lines.flatMap(({ points }) => points.map(({ y }) => y))
  const least = Math.min(...values)
  return least > 0 && Math.max(...values) / least > LOG_FROM ? 'log' : 'linear'
}
