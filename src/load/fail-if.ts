/**
 * Conditions under which a measurement fails: `p99 > 2ms`, `errors > 0.1%`, `rate < 50000`.
 *
 * Reads them and judges figures by them; says nothing to anybody.
 */

import { LancelotError } from '../errors.ts'
import { nearestName } from '../nearest-name.ts'
import { type BenchFigures, errorsOf } from './bench-figures.ts'
import type { Model } from './load-protocol.ts'
import { micros, percent, whole } from './report/numbers.ts'

type Kind = 'time' | 'rate' | 'count'
type Comparison = '>' | '>=' | '<' | '<='

/** A condition, parsed. */
export interface FailIf {
  /** As it was written. */
  text: string
  metric: MetricName
  comparison: Comparison
  /** In us, requests a second, requests, or a share of those that were due. */
  bound: number
  isShare: boolean
}

/** A condition that came true. */
export interface Failure {
  condition: string
  /** The figure that was found, for people. */
  found: string
}

interface MetricRow {
  kind: Kind
  /** Undefined where there was nothing to measure. */
  value(figures: BenchFigures, model: Model): number | undefined
}

type TimeMetric = 'p50' | 'p90' | 'p99' | 'p999' | 'max' | 'mean' | 'cpu'
type MetricName = TimeMetric | 'rate' | 'errors' | 'wrong' | 'lost' | 'late' | 'refused'

const METRICS: Readonly<Record<MetricName, MetricRow>> = {
  p50: { kind: 'time', value: ({ response }) => response.p50Us },
  p90: { kind: 'time', value: ({ response }) => response.p90Us },
  p99: { kind: 'time', value: ({ response }) => response.p99Us },
  p999: { kind: 'time', value: ({ response }) => response.p999Us },
  max: { kind: 'time', value: ({ response }) => response.maxUs },
  mean: { kind: 'time', value: ({ response }) => response.meanUs },
  cpu: { kind: 'time', value: ({ server }) => server?.cpuPerRequestUs },
  rate: { kind: 'rate', value: ({ rate }) => rate },
  errors: { kind: 'count', value: ({ counts }, { kind }) => errorsOf(counts, kind) },
  wrong: { kind: 'count', value: ({ counts }) => counts.wrong },
  lost: { kind: 'count', value: ({ counts }) => counts.lost },
  late: { kind: 'count', value: ({ counts }) => counts.late },
  refused: { kind: 'count', value: ({ counts }) => counts.refused },
}

const UNITS_US: Readonly<Record<string, number>> = { us: 1, µs: 1, ms: 1e3, s: 1e6 }
const UNITS: Readonly<Record<Kind, readonly string[]>> = {
  time: ['us', 'ms', 's'],
  rate: ['', '/s'],
  count: ['', '%'],
}

/** Reads a condition. Throws ERR_LANCELOT_OPTION_RANGE, which says what was expected. */
export function parseFailIf(text: string): FailIf {
  const [, name, comparison, number, unit = ''] =
    /^\s*(\w+)\s*(>=|<=|>|<)\s*(\d+(?:\.\d+)?)\s*([^\s\d]*)\s*$/.exec(text) ?? []
  if (name === undefined || comparison === undefined || number === undefined) {
    throw wrong(text, "expected a metric, one of > >= < <=, and a number: 'p99 > 2ms'")
  }
  const metric = name.toLowerCase()
  if (!isMetric(metric)) {
    const near = nearestName(metric, Object.keys(METRICS))
    const hint = near === undefined ? '' : `; did you mean ${near}?`
    const allowed = Object.keys(METRICS).join(' ')
    throw wrong(text, `there is no metric '${name}'${hint} Metrics are: ${allowed}`)
  }
  const { kind } = METRICS[metric]
  const written = unit === 'µs' ? 'us' : unit
  if (!UNITS[kind].includes(written)) {
    const allowed = UNITS[kind].map(each => each || 'no unit').join(', ')
    throw wrong(text, `${metric} takes ${allowed}, not ${unit === '' ? 'a number alone' : unit}`)
  }
  const isShare = unit === '%'
  const factor = isShare ? 0.01 : (UNITS_US[unit] ?? 1)
  const bound = Number(number) * factor
  return { text: text.trim(), metric, comparison: comparison as Comparison, bound, isShare }
}

/** Whether it is about the server's process, which must be known then. */
export function needsServer({ metric }: FailIf): boolean {
  return metric === 'cpu'
}

/** The conditions that came true. A time that nothing was measured of is over every bound. */
export function failuresOf(
  conditions: readonly FailIf[],
  figures: BenchFigures,
  model: Model,
): Failure[] {
  return conditions.flatMap(condition => {
    const { metric, isShare } = condition
    const { kind, value } = METRICS[metric]
    const measured = value(figures, model)
    if (measured === undefined) {
      return [{ condition: condition.text, found: 'nothing was answered' }]
    }
    const due = Math.max(figures.counts.due, 1)
    const compared = isShare ? measured / due : measured
    if (!isTrue(condition, compared)) return []
    return [{ condition: condition.text, found: show(kind, compared, isShare) }]
  })
}

function isTrue({ comparison, bound }: FailIf, value: number): boolean {
  switch (comparison) {
    case '>':
      return value > bound
    case '>=':
      return value >= bound
    case '<':
      return value < bound
    case '<=':
      return value <= bound
  }
}

function show(kind: Kind, value: number, isShare: boolean): string {
  if (kind === 'time') return micros(value)
  return isShare ? percent(value) : `${whole(value)}${kind === 'rate' ? '/s' : ''}`
}

function isMetric(name: string): name is MetricName {
  return Object.hasOwn(METRICS, name)
}

function wrong(text: string, found: string): LancelotError {
  return new LancelotError('ERR_LANCELOT_OPTION_RANGE', `--fail-if '${text}': ${found}`)
}
