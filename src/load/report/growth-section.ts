/** How the cost of a design grows with its connections and with pipelining. */

import type { GrowthRecord, RunFile } from '../run-file.ts'
import { figures, plotFigure, section } from './figure.ts'
import type { Html, Part } from './html.ts'
import { bytes, figure, tick, whole } from './numbers.ts'
import type { Line } from './plot.ts'
import type { Axis } from './scales.ts'

type Places = ReadonlyMap<string, number>

/** Where the most is over so many times the least, a log scale shows both. */
const LOG_FROM = 8

/** The section of growth. */
export function growthSection(run: RunFile, places: Places): Part {
  if (run.growth.length === 0) return null
  const lead = `A design that looks at every connection for each request costs more the more there
are; a flat line does not care.`
  return section('growth', 'Growth', lead, [
    figures(
      costFigure(
        run,
        'connections',
        places,
        'Most connections are idle; a few ask. Steeper is worse.',
      ),
      costFigure(
        run,
        'pipelining',
        places,
        'Requests that are sent at once share reads, writes and wake-ups.',
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
  return plotFigure(`growth-${axis}`, note, {
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
  return plotFigure('growth-memory', note, {
    title: 'Memory per connection against connections',
    x: axisOf('connections', lines),
    y: { label: 'bytes a connection', kind: kindOf(lines), tick },
    xText: value => `${whole(value)} connections`,
    lines,
  })
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
