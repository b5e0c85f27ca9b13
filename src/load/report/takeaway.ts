/**
 * The verdicts of one metric in plain words, for a reader who has ten seconds: which design is
 * best, how surely, and which are not. Derives nothing: `standings.ts` says who stands where.
 */

import type { Metric, RunFile } from '../run-file.ts'
import { type Html, html, type Part } from './html.ts'
import { figure, micros, percent, ratio, tick, whole } from './numbers.ts'
import { type Standing, standingsOf } from './standings.ts'

/** More than these are counted, not named. */
const NAMES_MAX = 4

interface Words {
  /** What the best does, and what it seems to do. */
  does: string
  seems: string
  unit: (value: number) => string
}

const WORDS: Readonly<Record<Metric, Words>> = {
  cpuPerRequest: {
    does: 'costs the least CPU per request',
    seems: 'seems to cost the least CPU per request',
    unit: value => `${figure(value)} µs`,
  },
  capacity: {
    does: 'carries the most',
    seems: 'seems to carry the most',
    unit: value => `${whole(value)} requests a second`,
  },
  p50: {
    does: 'has the shortest median response time',
    seems: 'seems to have the shortest median response time',
    unit: micros,
  },
  p99: {
    does: 'has the shortest 99th percentile',
    seems: 'seems to have the shortest 99th percentile',
    unit: micros,
  },
}

/** The sentences, or null where the metric has no verdicts. */
export function takeaway(run: RunFile, metric: Metric): Html | null {
  const [best, ...others] = standingsOf(run, metric)
  if (!best) return null
  const { does, seems, unit } = WORDS[metric]
  const withWord = (word: string): Standing[] =>
    others.filter(({ againstBest }) => againstBest?.verdict === word)
  const [unsure, same, worse] = ['cannot tell', 'no difference', 'slower'].map(withWord)
  const limit =
    metric === 'capacity' ? ` with a p99 within ${tick(run.settings.objectiveMs)} ms` : ''
  if (unsure?.length === others.length && others.length > 0) {
    const span = spanOf([best, ...others], unit)
    return html`This run cannot tell which of ${named([best, ...others], 'designs')} ${does}${
      limit
    }: ${span} were measured.`
  }
  const value = `${best.isAtLeast ? 'at least ' : ''}${unit(best.value)}`
  const margin = percent(run.settings.margins[metric])
  return html`<strong>${best.name}</strong> ${unsure?.length ? seems : does}: ${value}${limit}.${
    same?.length ? html` No difference within ${margin}: ${named(same, 'designs')}.` : null
  }${
    unsure?.length ? html` This run cannot tell it from ${named(unsure, 'other designs')}.` : null
  }${worse?.length ? behind(worse, metric, others.length) : null}`
}

/** Those that are surely not the best: the last of all by how much, else the few. */
function behind(worse: readonly Standing[], metric: Metric, others: number): Part {
  const last = worse.reduce((one, other) =>
    (other.againstBest?.ratio ?? 0) > (one.againstBest?.ratio ?? 0) ? other : one,
  )
  if (metric === 'cpuPerRequest' && worse.length === others) {
    const who = others === 1 ? 'The other' : 'The most'
    return html` ${who}, ${last.name}, costs ${ratio(last.againstBest?.ratio ?? 1)} times as much.`
  }
  if (worse.length > NAMES_MAX || worse.length === others) return null
  return html` Surely behind: ${named(worse, 'designs')}.`
}

/** `a, b and c`; where they are many, how many. */
function named(standings: readonly Standing[], many: string): Part {
  if (standings.length > NAMES_MAX) return `${standings.length} ${many}`
  return standings.map(({ name }, index) => {
    const isLast = index > 0 && index === standings.length - 1
    return html`${index > 0 && (isLast ? ' and ' : ', ')}${name}`
  })
}

/** `5.2 to 31 µs`: from the least value to the greatest, a unit that both have once. */
function spanOf(standings: readonly Standing[], unit: Words['unit']): string {
  const values = standings.map(({ value }) => value).filter(Number.isFinite)
  const [least, most] = [Math.min(...values), Math.max(...values)].map(unit)
  if (least === undefined || most === undefined || least === most) return most ?? ''
  const [, name = ''] = / (\D+)$/.exec(most) ?? []
  return `${least.endsWith(` ${name}`) ? least.slice(0, -name.length - 1) : least} to ${most}`
}
