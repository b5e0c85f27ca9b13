/** How designs changed over many runs, oldest on the left. Shows, and judges nothing. */

import type { RunFile } from '../run-file.ts'
import { figures, plotFigure, section, table } from './figure.ts'
import { type Html, html, type Part } from './html.ts'
import { figure, micros, microsTick, moment, tick, whole } from './numbers.ts'
import type { Axis } from './scales.ts'
import { meanOf } from './standings.ts'
import { titleOf } from './title.ts'

type Places = ReadonlyMap<string, number>

interface Measure {
  id: string
  title: string
  y: Axis
  of: (run: RunFile, name: string) => number | undefined
  text: (value: number) => string
}

const MEASURES: readonly Measure[] = [
  {
    id: 'cpu',
    title: 'CPU per request over the runs',
    y: { label: 'CPU µs a request', kind: 'linear', tick },
    of: (run, name) => meanOf(run, name, 'cpuPerRequest'),
    text: value => `${figure(value)} µs`,
  },
  {
    id: 'rate',
    title: 'Best cycle over the runs',
    y: { label: 'right answers a second', kind: 'linear', tick },
    of: (run, name) => bestRate(run, name),
    text: value => `${whole(value)}/s`,
  },
  {
    id: 'tail',
    title: '99th percentile under the open load over the runs',
    y: { label: 'response time', kind: 'log', tick: microsTick },
    of: (run, name) => meanOf(run, name, 'p99'),
    text: micros,
  },
]

/** The section of the trend. Empty for fewer than three runs. */
export function trendSection(runs: readonly RunFile[], places: Places): Part {
  if (runs.length < 3) return null
  const machines = new Set(runs.map(({ machine }) => machine.cpu))
  const lead = html`${runs.length} runs, as they were named. They were not interleaved, so this
shows and does not judge.${
    machines.size > 1 && ` They are of ${machines.size} different machines.`
  }`
  const drawn = MEASURES.map(measure => trendFigure(runs, measure, places))
  const rows = runs.map((run, index) => [
    `run ${index + 1}`,
    titleOf(run),
    moment(run.startedAt),
    run.machine.cpu,
  ])
  const columns = ['Run', 'Title', 'Started', 'CPU']
  const list = table({ caption: 'The runs', columns, rows, isOfWords: true })
  return section('trend', `Trend over ${runs.length} runs`, lead, figures(drawn), list)
}

function trendFigure(runs: readonly RunFile[], measure: Measure, places: Places): Html {
  const lines = [...places].map(([name, index]) => ({
    name,
    index,
    points: runs.flatMap((run, at) => {
      const y = measure.of(run, name)
      return y === undefined ? [] : [{ x: at + 1, y, text: measure.text(y) }]
    }),
  }))
  const note = 'Each point is the mean over the blocks of one run.'
  return plotFigure(
    `trend-${measure.id}`,
    measure.id === 'rate' ? 'The highest rate of any cycle.' : note,
    {
      title: measure.title,
      x: { label: 'run', kind: 'linear', tick, ticks: runs.map((_, at) => at + 1) },
      y: measure.y,
      xText: at => `run ${at}`,
      lines: lines.filter(({ points }) => points.length > 0),
    },
  )
}

function bestRate(run: RunFile, name: string): number | undefined {
  const rates = run.cycles.filter(cycle => cycle.name === name).map(({ rate }) => rate)
  return rates.length > 0 ? Math.max(...rates) : undefined
}
