/** Reads the values of `compare`'s options, so that a wrong one is told as wrong use. */

import { InvalidArgumentError } from 'commander'
import { type Contestant, commandContestant } from '../load/contestants.ts'
import { METRICS, type Metric } from '../load/run-file.ts'
import { nearestName } from '../nearest-name.ts'
import { ARCHITECTURE_NAMES } from '../options.ts'
import type { ArchitectureName } from '../types.ts'
import { toInteger } from './arguments.ts'

/** One more architecture. */
export function toArchitectures(
  name: string,
  before: readonly ArchitectureName[] = [],
): ArchitectureName[] {
  return [...before, toOneOf(name, ARCHITECTURE_NAMES)]
}

/** One more server that is started by a command. */
export function toCommands(text: string, before: readonly Contestant[] = []): Contestant[] {
  try {
    return [...before, commandContestant(text)]
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
}

/** A number, whole or not, above 0. */
export function toPositive(max: number): (text: string) => number {
  return text => {
    const number = Number(text)
    if (/^[\d.]+$/.test(text) && number > 0 && number <= max) return number
    throw new InvalidArgumentError(`A number over 0 is expected, ${max} at the most.`)
  }
}

/** A whole number from 1 on. */
export function toCount(max: number): (text: string) => number {
  return text => {
    const number = toInteger(text)
    if (number >= 1 && number <= max) return number
    throw new InvalidArgumentError(`A whole number from 1 to ${max} is expected.`)
  }
}

/** `p50,p99` */
export function toMetrics(text: string): Metric[] {
  return text.split(',').map(word => toOneOf(word.trim(), METRICS))
}

/** One more `metric=share`. */
export function toMargins(
  text: string,
  before: Partial<Record<Metric, number>> = {},
): Partial<Record<Metric, number>> {
  const [metric = '', share = ''] = text.split('=')
  return { ...before, [toOneOf(metric, METRICS)]: toPositive(1)(share) }
}

function toOneOf<Name extends string>(word: string, names: readonly Name[]): Name {
  const found = names.find(name => name === word)
  if (found !== undefined) return found
  const near = nearestName(word, names)
  const hint = near === undefined ? '' : ` Did you mean ${near}?`
  throw new InvalidArgumentError(`There is no '${word}'; expected ${names.join(', ')}.${hint}`)
}
