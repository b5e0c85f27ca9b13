/** Scales and their ticks: from what was measured to places in a picture. Draws nothing. */

import { scaleLinear, scaleLog } from 'd3-scale'

/** What an axis shows. */
export interface Axis {
  /** With its unit. */
  label: string
  kind: 'linear' | 'log'
  /** A tick as text. */
  tick: (value: number) => string
  /** Where ticks stand. @default the scale picks */
  ticks?: readonly number[]
}

/** From a value to its place. */
export interface Scale {
  at: (value: number) => number
  ticks: readonly number[]
}

/** About how many pixels a tick needs. */
const TICK_SPACE = { x: 56, y: 44 }

/**
 * A scale for values. A linear y begins at 0, so that lengths mean something; a log scale spans
 * what there is. `from` and `to` are places: of the least value and of the greatest.
 */
export function makeScale(
  axis: Axis,
  values: readonly number[],
  side: 'x' | 'y',
  [from, to]: readonly [number, number],
): Scale {
  const count = Math.max(2, Math.floor(Math.abs(to - from) / TICK_SPACE[side]))
  const known = values.filter(Number.isFinite)
  if (axis.kind === 'log') return logScale(axis, known, side, [from, to], count)
  const low = side === 'y' ? Math.min(0, ...known) : Math.min(...known)
  const high = Math.max(...known, low + 1e-9)
  const scale = scaleLinear([low, high], [from, to])
  if (side === 'y') scale.nice(count)
  return { at: value => scale(value), ticks: axis.ticks ?? scale.ticks(count) }
}

function logScale(
  axis: Axis,
  values: readonly number[],
  side: 'x' | 'y',
  range: readonly [number, number],
  count: number,
): Scale {
  const positive = values.filter(value => value > 0)
  const low = positive.length > 0 ? Math.min(...positive) : 1
  const high = Math.max(...positive, low * 1.01)
  // Room for steps of 1, 2 and 5 within at least a decade.
  const edges = side === 'y' ? [stepBelow(low), stepAbove(high)] : [low, high]
  const scale = scaleLog(edges, range)
  const ticks = axis.ticks ?? logTicks(edges[0] ?? 1, edges[1] ?? 10, count)
  return { at: value => scale(Math.max(value, edges[0] ?? 1)), ticks }
}

/** 1, 2, 5, 10 ..., as many as there is room for; only powers of ten where there is little. */
function logTicks(low: number, high: number, count: number): number[] {
  const decades = Math.log10(high / low)
  const steps = decades * 3 <= count + 2 ? [1, 2, 5] : [1]
  const stride = Math.max(1, Math.ceil((decades + 1) / count))
  const ticks: number[] = []
  const last = Math.ceil(Math.log10(high))
  for (let power = Math.floor(Math.log10(low)); power <= last; power++) {
    if (power % stride !== 0) continue
    for (const step of steps) {
      const value = Number((step * 10 ** power).toPrecision(3))
      if (value >= low * 0.999 && value <= high * 1.001) ticks.push(value)
    }
  }
  return ticks
}

const STEPS = [1, 2, 5, 10]

function stepBelow(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  const step = STEPS.findLast(each => each * power <= value * 1.0001) ?? 1
  return Number((step * power).toPrecision(3))
}

function stepAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  const step = STEPS.find(each => each * power >= value * 0.9999) ?? 10
  return Number((step * power).toPrecision(3))
}
