/**
 * FunkLoad's difference: two lines, and the area between them filled by who is better.
 *
 * Of two runs, design by design; of one run, of two designs that the reader chooses where scripts
 * run (the first two of the ranking elsewhere). It shows, it judges nothing: runs that were not
 * interleaved cannot be compared soundly.
 */

import { line } from 'd3-shape'
import type { RunFile } from '../run-file.ts'
import { type CycleMeasure, cycleAxes, cycleLine, RATE, TAIL, usersText } from './cycles-section.ts'
import { figureOf, figures, section, table } from './figure.ts'
import { type Html, html, type Part } from './html.ts'
import { moment, ratio } from './numbers.ts'
import {
  CHARACTER,
  drawAxes,
  type Frame,
  LABEL_CHARACTERS_MAX,
  type Line,
  shorten,
  spread,
  WIDTHS,
} from './plot.ts'
import { makeScale } from './scales.ts'
import { mark, round, seriesClass } from './series.ts'
import { standingsOf } from './standings.ts'
import { titleOf } from './title.ts'

type Places = ReadonlyMap<string, number>

/** Two lines: `before` gives way to `now`. */
interface Pair {
  id: string
  before: Line
  now: Line
  /** Whether both are of one design: then the older one is dashed and grey. */
  isSame: boolean
  isHigherBetter: boolean
}

/** The section of the difference: of the last two runs, or of two designs of the only one. */
export function differenceSection(runs: readonly RunFile[], places: Places): Part {
  const [now, before] = runs.toReversed()
  if (!now || now.cycles.length === 0) return null
  return before && before.cycles.length > 0
    ? runsDifference(before, now, places)
    : designsDifference(now, places)
}

function runsDifference(before: RunFile, now: RunFile, places: Places): Part {
  const shared = [...places].filter(([name]) =>
    [before, now].every(run => run.cycles.some(cycle => cycle.name === name)),
  )
  if (shared.length === 0) return null
  const drawn = [RATE, TAIL].map(
    measure =>
      html`<h3>${measure.title}</h3><div class="multiples">${shared.map(([name, index]) =>
        runsFigure(before, now, measure, name, index),
      )}</div>`,
  )
  const lead = html`Before (grey, dashed): <b>${titleOf(before)}</b>, ${moment(before.startedAt)}.
Now: <b>${titleOf(now)}</b>, ${moment(now.startedAt)}. The area between is filled where now is
better, hatched where it was. This shows and does not judge: the two runs were not interleaved.${
    before.machine.cpu !== now.machine.cpu && ' They are of different machines.'
  }`
  return section('difference', 'Difference of two runs', lead, drawn)
}

function runsFigure(
  before: RunFile,
  now: RunFile,
  measure: CycleMeasure,
  name: string,
  index: number,
): Html {
  const pair: Pair = {
    id: `difference-${measure.id}-${index}`,
    before: { ...cycleLine(before, name, measure, index), name: 'before' },
    now: { ...cycleLine(now, name, measure, index), name: 'now' },
    isSame: true,
    isHigherBetter: measure === RATE,
  }
  const old = new Map(pair.before.points.map(point => [point.x, point]))
  const rows = pair.now.points.map(({ x, y, text }) => {
    const was = old.get(x)
    return [usersText(x), was?.text ?? '–', text, was ? `${ratio(y / was.y)} ×` : '–']
  })
  const columns = ['users', 'before', 'now', 'now over before']
  const values = table({ caption: `${name}: ${measure.title}`, columns, rows })
  const picture = drawPair(
    pair,
    now,
    measure,
    'narrow',
    `${name}: ${measure.title}, before and now`,
  )
  return figureOf(pair.id, name, '', picture, values)
}

function designsDifference(run: RunFile, places: Places): Part {
  const lines = [...places]
    .map(([name, index]) => cycleLine(run, name, RATE, index))
    .filter(({ points }) => points.length > 1)
  // Two that surely differ, where there are any.
  const ranks = new Map(standingsOf(run, 'cpuPerRequest').map(({ name, rank }) => [name, rank]))
  const now = lines[0]
  const before = lines.find(({ name }) => (ranks.get(name) ?? 1) > 1) ?? lines[1]
  if (!now || !before) return null
  const pictures = (['wide', 'narrow'] as const).map(size => {
    const pair = { id: `pair-${size}`, before, now, isSame: false, isHigherBetter: true }
    return drawPair(pair, run, RATE, size, pairTitle(now.name, before.name), lines)
  })
  const choices = (chosen: Line): Part =>
    lines.map(
      ({ name, index }) =>
        html`<option value="${index}"${index === chosen.index && trustedSelected}>${name}</option>`,
    )
  const chooser = html`<p class="chooser" hidden><label>Compare <select data-side="now">${choices(
    now,
  )}</select></label>
<label>with <select data-side="before">${choices(before)}</select></label></p>`
  const note = html`Filled in the colour of the one that answers more. Values: <a
href="#users-rate">right answers a second</a> above.`
  return section('difference', 'Difference of two designs', null, [
    figures(figureOf('pair', RATE.title, note, html`${chooser}${pictures}`, null)),
  ])
}

const trustedSelected: Html = html` selected`

/** What the picture is called; a script names it anew when others are chosen. */
function pairTitle(now: string, before: string): string {
  return `${RATE.title}: ${now} and ${before}`
}

function drawPair(
  pair: Pair,
  run: RunFile,
  measure: CycleMeasure,
  size: keyof typeof WIDTHS,
  title: string,
  choices: readonly Line[] = [],
): Html {
  const drawn = choices.length > 0 ? choices : [pair.before, pair.now]
  const axes = cycleAxes(run, measure)
  const frame = pairFrame(axes, drawn, size, choices.length > 0)
  const { id } = pair
  const now = pathOf(pair.now, frame)
  const before = pathOf(pair.before, frame)
  const [better, worse] = pair.isHigherBetter
    ? (['floor', 'top'] as const)
    : (['top', 'floor'] as const)
  const look = (each: Line): string =>
    pair.isSame && each === pair.before ? 'was' : seriesClass(each.index)
  const clip = (name: string, path: string): Html =>
    html`<clipPath id="${id}-${name}"><path d="${path}"/></clipPath>`
  return html`<svg class="plot pair ${size}" viewBox="0 0 ${frame.width} ${frame.height}" role="img"
aria-label="${title}" data-edge="${frame.left} ${frame.top} ${round(frame.width - frame.right)} ${
    frame.height - frame.bottom
  }"><defs>${clip('n', close(before, frame, worse))}${clip(
    'b',
    close(now, frame, worse),
  )}</defs>${drawAxes(
    frame,
    axes.x,
    axes.y,
  )}<path class="area now ${look(pair.now)}" clip-path="url(#${id}-n)" d="${close(
    now,
    frame,
    better,
  )}"/><path class="area before ${look(pair.before)}" clip-path="url(#${id}-b)" d="${close(
    before,
    frame,
    better,
  )}"/>${ends(pair, frame, look, LABEL_CHARACTERS_MAX[size])}${choices.map(
    each =>
      html`<path class="choice" data-i="${each.index}" data-n="${each.name}" data-s="${shorten(
        each.name,
        LABEL_CHARACTERS_MAX[size],
      )}" data-e="${round(frame.y.at(each.points.at(-1)?.y ?? 0))}" d="${pathOf(each, frame)}"/>`,
  )}</svg>`
}

/** Both lines, each named at its end. */
function ends(pair: Pair, frame: Frame, look: (each: Line) => string, charactersMax: number): Part {
  const both = [pair.before, pair.now]
  const wanted = both.map(({ points }) => frame.y.at(points.at(-1)?.y ?? 0))
  const places = spread(wanted, frame.top, frame.height - frame.bottom)
  const x = round(frame.width - frame.right + 12)
  return both.map((each, index) => {
    const y = places[index] ?? 0
    const side = each === pair.now ? 'now' : 'before'
    return html`<g class="end ${side} ${look(each)}"><path class="stroke" d="${pathOf(
      each,
      frame,
    )}"/>${mark(each.index, x, y)}<text x="${x + 9}" y="${round(y + 4)}">${shorten(
      each.name,
      charactersMax,
    )}</text></g>`
  })
}

function pairFrame(
  axes: ReturnType<typeof cycleAxes>,
  lines: readonly Line[],
  size: keyof typeof WIDTHS,
  isChosen: boolean,
): Frame {
  const points = lines.flatMap(each => each.points)
  const most = Math.max(...lines.map(({ name }) => name.length))
  const longest = isChosen ? Math.min(LABEL_CHARACTERS_MAX[size], most) : 6
  const edges = { left: 60, right: longest * CHARACTER + 26, top: 30, bottom: 44 }
  const width = WIDTHS[size]
  const height = isChosen ? (size === 'wide' ? 340 : 300) : 240
  const span = [edges.left, width - edges.right] as const
  const x = makeScale(
    axes.x,
    points.map(point => point.x),
    'x',
    span,
  )
  const y = makeScale(
    axes.y,
    points.map(point => point.y),
    'y',
    [height - edges.bottom, edges.top],
  )
  return { width, height, ...edges, x, y }
}

function pathOf({ points }: Line, frame: Frame): string {
  return line()(points.map(({ x, y }) => [round(frame.x.at(x)), round(frame.y.at(y))])) ?? ''
}

/** A line made an area, down to the floor or up to the top. A script does the same. */
function close(path: string, frame: Frame, to: 'floor' | 'top'): string {
  const start = /^M([\d.]+)/.exec(path)?.[1] ?? '0'
  return `${path}V${to === 'floor' ? frame.height - frame.bottom : frame.top}H${start}Z`
}
