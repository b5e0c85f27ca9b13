/** FunkLoad's plots: what each design does under more and more users, in a closed load. */

import type { CycleRecord, RunFile } from '../run-file.ts'
import { figures, plotFigure, section } from './figure.ts'
import { type Html, html, type Part } from './html.ts'
import { bytes, figure, micros, microsTick, tick, whole } from './numbers.ts'
import type { Line, PlotContent } from './plot.ts'
import type { Axis } from './scales.ts'
import { leftOutText } from './standings.ts'

type Places = ReadonlyMap<string, number>

/** What is drawn against users. */
export interface CycleMeasure {
  id: string
  title: string
  label: string
  of: (cycle: CycleRecord) => number
  text: (value: number) => string
  tick: (value: number) => string
  kind: Axis['kind']
  note: string
}

/** The rate of right answers; also what two runs differ in. */
export const RATE: CycleMeasure = {
  id: 'rate',
  title: 'Right answers a second against users',
  label: 'right answers a second',
  of: ({ rate }) => rate,
  text: value => `${whole(value)}/s`,
  tick,
  kind: 'linear',
  note: 'Only right answers count. A line that lies flat has found its limit.',
}

/** The 99th percentile of response times; also what two runs differ in. */
export const TAIL: CycleMeasure = {
  ...timeMeasure('p99', '99th percentile', ({ p99Us }) => p99Us),
  note: 'One request in a hundred took longer.',
}

const MEASURES: readonly CycleMeasure[] = [
  RATE,
  {
    ...timeMeasure('p50', 'Median response time', ({ p50Us }) => p50Us),
    note: 'Half of the requests took longer.',
  },
  {
    ...timeMeasure('p90', '90th percentile', ({ p90Us }) => p90Us),
    note: 'One request in ten took longer.',
  },
  TAIL,
  {
    id: 'cpu',
    title: 'CPU of the server per request against users',
    label: 'CPU µs a request',
    of: ({ serverCpuUs, right }) => (right > 0 ? serverCpuUs / right : Number.NaN),
    text: value => `${figure(value)} µs`,
    tick,
    kind: 'log',
    note: 'Time on a core for each right answer, with all of the server’s threads and processes.',
  },
  {
    id: 'memory',
    title: 'Memory of the server against users',
    label: 'resident memory, MiB',
    of: ({ serverResidentBytes }) => serverResidentBytes / 2 ** 20,
    text: value => bytes(value * 2 ** 20),
    tick,
    kind: 'linear',
    note: 'Resident, with all of its processes.',
  },
]

/** The section of the cycles. */
export function cyclesSection(run: RunFile, places: Places): Part {
  if (run.cycles.length === 0) return null
  const lead = html`A closed load, as FunkLoad’s: each user connects, asks ten questions, each after
the last answer, leaves, and comes again. The marks are the cycles measured, <span
class="number">${usersOf(run).join(' : ')}</span> users.${leftOutText(run, run.cycles)}`
  const drawn = MEASURES.map(measure => cycleFigure(run, measure, places))
  return section('users', 'More and more users', lead, figures(drawn), troubles(run))
}

/** The users of all cycles, fewest first. */
export function usersOf(run: RunFile): number[] {
  return [...new Set(run.cycles.map(({ users }) => users))].sort((one, other) => one - other)
}

/** A design's line for one measure; figures that could not be measured are left out. */
export function cycleLine(run: RunFile, name: string, measure: CycleMeasure, index: number): Line {
  const cycles = run.cycles.filter(cycle => cycle.name === name)
  cycles.sort((one, other) => one.users - other.users)
  const points = cycles
    .map(cycle => ({ x: cycle.users, y: measure.of(cycle) }))
    .filter(({ y }) => Number.isFinite(y))
  return { name, index, points: points.map(point => ({ ...point, text: measure.text(point.y) })) }
}

/** The axes of a measure against users. */
export function cycleAxes(run: RunFile, measure: CycleMeasure): Pick<PlotContent, 'x' | 'y'> {
  return {
    x: { label: 'users', kind: 'linear', tick, ticks: usersOf(run) },
    y: { label: measure.label, kind: measure.kind, tick: measure.tick },
  }
}

/** How many users, as text. */
export function usersText(users: number): string {
  return users === 1 ? '1 user' : `${whole(users)} users`
}

function cycleFigure(run: RunFile, measure: CycleMeasure, places: Places): Html {
  const lines = [...places].map(([name, index]) => cycleLine(run, name, measure, index))
  return plotFigure(`users-${measure.id}`, measure.note, {
    title: measure.title,
    ...cycleAxes(run, measure),
    xText: usersText,
    lines: lines.filter(({ points }) => points.length > 0),
  })
}

function timeMeasure(
  id: string,
  name: string,
  of: (cycle: CycleRecord) => number,
): Omit<CycleMeasure, 'note'> {
  const title = `${name} against users`
  return { id, title, label: 'response time', of, text: micros, tick: microsTick, kind: 'log' }
}

/** What was not answered rightly, in sentences; a rate of right answers alone would hide it. */
function troubles(run: RunFile): Part {
  const kinds = ['wrong', 'lost', 'late', 'refused'] as const
  const found = run.cycles.flatMap(cycle => {
    const seen = kinds.filter(kind => cycle[kind] > 0).map(kind => `${whole(cycle[kind])} ${kind}`)
    const who = `${cycle.name}, ${usersText(cycle.users)}`
    const text = `${who}: ${seen.join(', ')} of ${whole(cycle.due)}`
    return seen.length > 0 ? [html`<li>${text}</li>`] : []
  })
  if (found.length === 0)
    return html`<p class="note">No request was answered wrongly, lost, late or refused.</p>`
  return html`<h3>Not answered rightly</h3><ul>${found}</ul>`
}
