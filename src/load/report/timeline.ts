/** What happened second by second under the open load: CPU and memory beside rate and times. */

import type { RunFile, TimelinePoint } from '../run-file.ts'
import { figures, plotFigure, section } from './figure.ts'
import type { Part } from './html.ts'
import { bytes, micros, microsTick, percent, tick, whole } from './numbers.ts'
import type { Axis } from './scales.ts'
import { leftOutText } from './standings.ts'

type Places = ReadonlyMap<string, number>

interface Measure {
  id: string
  title: string
  note: string
  y: Axis
  of: (point: TimelinePoint) => number
  text: (value: number) => string
}

const MEASURES: readonly Measure[] = [
  {
    id: 'server-cpu',
    title: 'CPU of the server',
    note: 'Of one core: 100 % is all of it.',
    y: { label: 'share of a core', kind: 'linear', tick: percent },
    of: point => point.serverCpuShare,
    text: percent,
  },
  {
    id: 'memory',
    title: 'Memory of the server',
    note: 'Resident, with all of its processes.',
    y: { label: 'resident memory, MiB', kind: 'linear', tick },
    of: point => point.serverResidentBytes / 2 ** 20,
    text: value => bytes(value * 2 ** 20),
  },
  {
    id: 'tail',
    title: '99th percentile of response times',
    note: 'Of the requests due in each second.',
    y: { label: 'response time', kind: 'log', tick: microsTick },
    of: point => point.p99Us,
    text: micros,
  },
  {
    id: 'rate',
    title: 'Right answers a second',
    note: 'By the clock: every design was asked for the same.',
    y: { label: 'right answers a second', kind: 'linear', tick },
    of: point => point.rate,
    text: value => `${whole(value)}/s`,
  },
  {
    id: 'load-cpu',
    title: 'CPU of the generator',
    note: 'To be on time it asks the clock again and again: near 100 % is no limit of it here.',
    y: { label: 'share of a core', kind: 'linear', tick: percent },
    of: point => point.loadCpuShare,
    text: percent,
  },
]

/** Whole seconds only, and no more of them. */
const TICKS_MAX = 12

/** The section of the timelines. */
export function timelineSection(run: RunFile, places: Places): Part {
  const limiters = run.limiters.filter(({ timeline }) => timeline.length > 1)
  if (limiters.length === 0) return null
  const seconds = Math.max(...limiters.map(({ timeline }) => timeline.at(-1)?.second ?? 0))
  const stride = Math.ceil((seconds + 1) / TICKS_MAX)
  const ticks = Array.from({ length: Math.floor(seconds / stride) + 1 }, (_, at) => at * stride)
  const drawn = MEASURES.map(measure =>
    plotFigure(`timeline-${measure.id}`, measure.note, {
      title: measure.title,
      x: { label: 'second', kind: 'linear', tick, ticks },
      y: measure.y,
      xText: second => `second ${second}`,
      marksMax: 5,
      lines: limiters.map(({ name, timeline }) => ({
        name,
        index: places.get(name) ?? 0,
        points: timeline.map(point => {
          const y = measure.of(point)
          return { x: point.second, y, text: measure.text(y) }
        }),
      })),
    }),
  )
  const rate = whole(run.settings.openRate)
  const lead = `Second by second under the open load of ${rate} requests a second.${leftOutText(
    run,
    limiters,
  )}`
  return section('timeline', 'CPU and memory', lead, figures(drawn))
}
