/**
 * Parses the options of a server: one table of type, range, default and meaning, read once.
 *
 * Opens nothing. The contents of `answers` are checked by the answer table, where they are stored.
 */

import { LancelotError } from './errors.ts'
import { nearestName } from './nearest-name.ts'
import type { AnswerTable, Bytes, CloseOptions, Handler, ServerOptions } from './types.ts'

/** What one option takes. `min` and `max` are a number's range, or a length in bytes. */
export interface OptionRow {
  readonly type: OptionType
  readonly min?: number
  readonly max?: number
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
  | 'table'
  | 'function'
  | 'AbortSignal'

const MS_MAX = 2 ** 31 - 1

function integer(min: number, max: number, preset: number, meaning: string): OptionRow {
  return { type: 'integer', min, max, default: preset, meaning }
}

function bytes(min: number, max: number, preset: string, meaning: string): OptionRow {
  return { type: 'text or bytes', min, max, default: preset, meaning }
}

/** Every option of a server. The command line and the documentation are made from it. */
export const OPTION_TABLE: Readonly<Record<keyof ServerOptions, OptionRow>> = {
  host: { type: 'text', min: 1, max: 255, default: '127.0.0.1', meaning: 'where to listen' },
  port: integer(0, 65_535, 1060, 'port to listen on; 0 lets the system pick'),
  backlog: integer(1, 65_535, 4096, 'connections that may wait to be accepted'),
  loops: integer(1, 64, 1, 'event loops, one thread each'),
  reusePort: { type: 'boolean', default: false, meaning: 'give every loop its own listener' },
  delimiter: bytes(1, 16, '?', 'the bytes that end a request'),
  answers: { type: 'table', default: {}, meaning: 'what is answered without asking JavaScript' },
  handler: {
    type: 'function',
    default: undefined,
    meaning: 'answers what the table does not know',
  },
  unknownAnswer: {
    type: 'text, bytes or null',
    min: 0,
    max: 2 ** 26,
    default: 'Error: unknown question.',
    meaning: 'the answer to what nobody knows; null closes the connection instead',
  },
  answerSuffix: bytes(0, 1024, '', 'appended to every answer'),
  greeting: bytes(0, 65_536, '', 'sent when a connection opens'),
  requestBytesMax: integer(1, 2 ** 24, 16_384, 'the longest request, without its delimiter'),
  answerBytesMax: integer(1, 2 ** 26, 1_048_576, 'the longest answer, without the suffix'),
  highWaterBytes: integer(1, 2 ** 26, 65_536, 'unsent output at which a peer is no longer read'),
  inFlightMax: integer(1, 65_536, 128, 'requests of a connection that may wait for the handler'),
  inFlightServerMax: integer(1, 2 ** 20, 65_536, 'requests of all that may wait for the handler'),
  connectionsMax: integer(1, 2 ** 20, 1_000_000, 'open connections; more are refused'),
  idleMsMax: integer(1, MS_MAX, 300_000, 'how long a peer that is owed nothing may be silent'),
  requestMsMax: integer(1, MS_MAX, 10_000, 'how long a request may take to arrive'),
  writeMsMax: integer(1, MS_MAX, 30_000, 'how long a peer may take no byte of its answers'),
  handlerMsMax: integer(1, MS_MAX, 30_000, 'how long the handler may take for one request'),
  signal: { type: 'AbortSignal', default: undefined, meaning: 'aborting it closes the server' },
}

/** The options of `close()`. */
export const CLOSE_OPTION_TABLE: Readonly<Record<keyof CloseOptions, OptionRow>> = {
  drainMsMax: integer(0, MS_MAX, 5000, 'how long to wait for what is owed; 0 cuts at once'),
}

/** The options of a server, checked and complete: text is bytes, and nothing is missing. */
export interface ServerSettings {
  readonly host: string
  readonly port: number
  readonly backlog: number
  readonly loops: number
  readonly reusePort: boolean
  readonly delimiter: Buffer
  /** Only its container has been checked; the answer table checks the rest. */
  readonly answers: AnswerTable
  readonly handler: Handler | undefined
  readonly unknownAnswer: Buffer | null
  readonly answerSuffix: Buffer
  readonly greeting: Buffer
  readonly requestBytesMax: number
  readonly answerBytesMax: number
  readonly highWaterBytes: number
  readonly inFlightMax: number
  readonly inFlightServerMax: number
  readonly connectionsMax: number
  readonly idleMsMax: number
  readonly requestMsMax: number
  readonly writeMsMax: number
  readonly handlerMsMax: number
  readonly signal: AbortSignal | undefined
}

/** Checks the options of a server and fills in the defaults. Throws `ERR_LANCELOT_OPTION_*`. */
export function parseServerOptions(options: ServerOptions): ServerSettings {
  const settings = parseOptions(options, OPTION_TABLE) as unknown as ServerSettings
  const { unknownAnswer, answerBytesMax } = settings
  if (unknownAnswer !== null && unknownAnswer.length > answerBytesMax) {
    const came = `${unknownAnswer.length} bytes`
    throw rangeError('unknownAnswer', came, `at most answerBytesMax (${answerBytesMax}) bytes`)
  }
  return settings
}

/** Checks the options of `close()` and fills in the defaults. Throws `ERR_LANCELOT_OPTION_*`. */
export function parseCloseOptions(options: CloseOptions): Required<CloseOptions> {
  return parseOptions(options, CLOSE_OPTION_TABLE) as unknown as Required<CloseOptions>
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

function parseOptions(
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
    case 'function':
      if (value !== undefined && typeof value !== 'function') {
        throw typeError(name, value, 'a function')
      }
      return value
    case 'AbortSignal':
      if (value !== undefined && !isSignal(value)) throw typeError(name, value, 'an AbortSignal')
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
