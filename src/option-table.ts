/**
 * Tables of options: what each takes, and how options are held against their table.
 *
 * Knows no option by name; see `options.ts` and `client-options.ts` for those.
 */

import { pathToFileURL } from 'node:url'
import { LancelotError } from './errors.ts'
import { nearestName } from './nearest-name.ts'
import type { AnswerTable, Bytes } from './types.ts'

/** What one option takes. `min` and `max` are a number's range, or a length in bytes. */
export interface OptionRow {
  readonly type: OptionType
  readonly min?: number
  readonly max?: number
  /** What a choice, or each of a list, may be. */
  readonly values?: readonly string[]
  /** Undefined: there is none, as with a handler. */
  readonly default: unknown
  /** What it does, in one line. */
  readonly meaning: string
}

/** The types an option may have, as a person would say them. */
export type OptionType =
  | 'integer'
  | 'boolean'
  | 'text'
  | 'text or bytes'
  | 'text, bytes or null'
  | 'choice'
  | 'list'
  | 'table'
  | 'routes'
  | 'function'
  | 'path or URL'
  | 'AbortSignal'

/** The longest time that a timer can be set for. */
export const MS_MAX: number = 2 ** 31 - 1

/** A whole number. */
export function integer(min: number, max: number, preset: number, meaning: string): OptionRow {
  return { type: 'integer', min, max, default: preset, meaning }
}

/** Text or bytes of a length in bytes. */
export function bytes(min: number, max: number, preset: string, meaning: string): OptionRow {
  return { type: 'text or bytes', min, max, default: preset, meaning }
}

/** The error for an option that is of the right type and yet not allowed. */
export function rangeError(option: string, came: string, allowed: string): LancelotError {
  const message = `option ${option} is ${came}; allowed is ${allowed}`
  return new LancelotError('ERR_LANCELOT_OPTION_RANGE', message, { option })
}

function typeError(option: string, value: unknown, allowed: string): LancelotError {
  const message = `option ${option} is ${describe(value)}; allowed is ${allowed}`
  return new LancelotError('ERR_LANCELOT_OPTION_TYPE', message, { option })
}

/**
 * Checks options against their table and fills in the defaults. Throws `ERR_LANCELOT_OPTION_*`.
 */
export function parseOptions(
  options: unknown,
  table: Readonly<Record<string, OptionRow>>,
): Record<string, unknown> {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw typeError('options', options, 'an object')
  }
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(table, name)) throw unknownOption(name, Object.keys(table))
  }
  const settings: Record<string, unknown> = {}
  for (const [name, row] of Object.entries(table)) {
    const value = (options as Record<string, unknown>)[name]
    settings[name] = parseOption(name, value === undefined ? row.default : value, row)
  }
  return settings
}

function unknownOption(option: string, names: readonly string[]): LancelotError {
  const nearest = nearestName(option, names)
  const hint = nearest === undefined ? `allowed are ${names.join(', ')}` : `is it ${nearest}?`
  const message = `option ${option} does not exist; ${hint}`
  return new LancelotError('ERR_LANCELOT_OPTION_UNKNOWN', message, { option })
}

function parseOption(name: string, value: unknown, row: OptionRow): unknown {
  // Not given, and there is no default.
  if (value === undefined) return undefined
  switch (row.type) {
    case 'integer':
      return parseInteger(name, value, row)
    case 'boolean':
      if (typeof value !== 'boolean') throw typeError(name, value, 'true or false')
      return value
    case 'text':
      return parseText(name, value, row)
    case 'text or bytes':
      return parseBytes(name, value, row)
    case 'text, bytes or null':
      return value === null ? null : parseBytes(name, value, row)
    case 'table':
      return parseTable(value, name)
    case 'choice':
      return parseChoice(name, value, row)
    case 'list':
      return parseList(name, value, row)
    case 'routes':
      return parseRoutes(name, value, row)
    case 'function':
      if (typeof value !== 'function') throw typeError(name, value, 'a function')
      return value
    case 'path or URL':
      return parseModule(name, value)
    case 'AbortSignal':
      if (!isSignal(value)) throw typeError(name, value, 'an AbortSignal')
      return value
  }
}

function parseInteger(name: string, value: unknown, row: OptionRow): number {
  const { min = 0, max = 0 } = row
  const allowed = `a whole number from ${min} to ${max}`
  if (typeof value !== 'number') throw typeError(name, value, allowed)
  if (!Number.isInteger(value) || value < min || value > max) {
    throw rangeError(name, String(value), allowed)
  }
  return value
}

function parseText(name: string, value: unknown, row: OptionRow): string {
  const allowed = `text of ${row.min} to ${row.max} characters`
  if (typeof value !== 'string') throw typeError(name, value, allowed)
  if (value.length < (row.min ?? 0) || value.length > (row.max ?? 0)) {
    throw rangeError(name, `${value.length} characters`, allowed)
  }
  return value
}

function parseBytes(name: string, value: unknown, row: OptionRow): Buffer {
  const allowed = `${row.type}, ${row.min} to ${row.max} bytes`
  if (!isBytes(value)) throw typeError(name, value, allowed)
  // A copy: whoever made the options may go on to change them.
  const copy = typeof value === 'string' ? Buffer.from(value) : Buffer.from(value)
  if (copy.length < (row.min ?? 0) || copy.length > (row.max ?? 0)) {
    throw rangeError(name, `${copy.length} bytes`, allowed)
  }
  return copy
}

function parseChoice(name: string, value: unknown, { values = [] }: OptionRow): string {
  const allowed = values.map(choice => `"${choice}"`).join(' or ')
  if (typeof value !== 'string') throw typeError(name, value, allowed)
  if (!values.includes(value)) throw rangeError(name, describe(value), allowed)
  return value
}

function parseList(name: string, value: unknown, { values = [] }: OptionRow): string[] {
  const allowed = `a list of at least one of ${values.join(', ')}`
  if (!Array.isArray(value)) throw typeError(name, value, allowed)
  if (value.length === 0) throw rangeError(name, 'an empty list', allowed)
  const stranger = value.find(one => !values.includes(one))
  if (stranger === undefined) return [...value]
  throw rangeError(name, `a list with ${describe(stranger)}`, allowed)
}

/** Only that prefixes are bytes and handlers functions; what fits a server is checked there. */
function parseRoutes(name: string, value: unknown, { max = 0 }: OptionRow): ParsedRoute[] {
  const routes: ParsedRoute[] = []
  for (const [prefix, handler] of pairsOf(value, name)) {
    if (routes.length === max) throw rangeError(name, `over ${max} routes`, `at most ${max} routes`)
    if (!isBytes(prefix))
      throw contentError(name, `the prefix ${describe(prefix)}`, 'text or bytes')
    if (typeof handler !== 'function') {
      const came = `${describe(handler)} for ${describe(Buffer.from(prefix as string).toString())}`
      throw contentError(name, came, 'a function')
    }
    routes.push({ prefix: Buffer.from(prefix as string), handler })
  }
  return routes
}

interface ParsedRoute {
  readonly prefix: Buffer
  readonly handler: unknown
}

/** The pairs of a table, whichever way it was written. Throws where something in it is no pair. */
export function* pairsOf(value: unknown, name: string): Generator<readonly [unknown, unknown]> {
  const table = parseTable(value, name)
  if (!(Symbol.iterator in table)) {
    yield* Object.entries(table)
    return
  }
  for (const pair of table as Iterable<unknown>) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw contentError(name, describe(pair), 'pairs [key, value]')
    }
    yield pair as [unknown, unknown]
  }
}

function contentError(option: string, came: string, allowed: string): LancelotError {
  const message = `option ${option} holds ${came}; allowed is ${allowed}`
  return new LancelotError('ERR_LANCELOT_OPTION_TYPE', message, { option })
}

/** Whether a value is text or bytes. */
export function isBytes(value: unknown): value is Bytes {
  return typeof value === 'string' || value instanceof Uint8Array
}

/** Checks the container of a table of answers. Throws `ERR_LANCELOT_OPTION_TYPE`. */
export function parseTable(value: unknown, name: string): AnswerTable {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) {
    throw typeError(name, value, 'an object, a Map or pairs')
  }
  return value as AnswerTable
}

/** The URL of a module. Whether there is one is found when it is imported. */
function parseModule(name: string, value: unknown): URL {
  if (value instanceof URL) return value
  if (typeof value !== 'string') throw typeError(name, value, 'a path as text, or a URL')
  if (value === '') throw rangeError(name, 'empty', 'a path as text, or a URL')
  return /^(file|data|node):/.test(value) ? new URL(value) : pathToFileURL(value)
}

function isSignal(value: unknown): value is AbortSignal {
  if (typeof value !== 'object' || value === null) return false
  const { aborted, addEventListener } = value as Partial<AbortSignal>
  return typeof aborted === 'boolean' && typeof addEventListener === 'function'
}

/** A value as an error message shows it: its type, and itself where that is short. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'string') return JSON.stringify(clip(value))
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object'
  if (typeof value === 'function') return 'a function'
  return `${clip(String(value))} (${typeof value})`
}

function clip(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 40)}...`
}
