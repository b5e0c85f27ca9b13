/**
 * Parses the options of a client: type, range and default of each, read once.
 *
 * Opens nothing. What a server takes is in `options.ts`, whose errors are worded the same.
 */

import { LancelotError } from './errors.ts'
import { nearestName } from './nearest-name.ts'
import { describe, isBytes, rangeError } from './options.ts'
import type { Bytes } from './types.ts'

/** Where to ask, and how. */
export interface ClientOptions {
  /** Address or name of the server. @default '127.0.0.1' */
  host?: string
  /** 1 to 65,535. @default 1060 */
  port?: number
  /** The bytes that end an answer, 1 to 16. @default '.' */
  terminator?: Bytes
  /** How long connecting, and then each answer, may take. @default 5000 */
  timeoutMsMax?: number
  /** The longest answer, without its terminator. @default 1048576 */
  answerBytesMax?: number
  /** Aborting closes the client. @default none */
  signal?: AbortSignal
}

/** How to ask one question. */
export interface AskOptions {
  /** How long its answer may take, from when it is asked. @default the client's */
  timeoutMsMax?: number
}

/** The options of a client, checked and complete. */
export interface ClientSettings {
  readonly host: string
  readonly port: number
  readonly terminator: Buffer
  readonly timeoutMsMax: number
  readonly answerBytesMax: number
  readonly signal: AbortSignal | undefined
}

const MS_MAX = 2 ** 31 - 1
const CLIENT_NAMES = ['host', 'port', 'terminator', 'timeoutMsMax', 'answerBytesMax', 'signal']

/** Checks the options of a client and fills in the defaults. Throws `ERR_LANCELOT_OPTION_*`. */
export function parseClientOptions(options: ClientOptions): ClientSettings {
  checkNames(options, CLIENT_NAMES)
  const { host = '127.0.0.1', terminator = '.', signal } = options
  if (typeof host !== 'string') throw typeError('host', host, 'text of 1 to 255 characters')
  if (host.length < 1 || host.length > 255) {
    throw rangeError('host', `${host.length} characters`, 'text of 1 to 255 characters')
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw typeError('signal', signal, 'an AbortSignal')
  }
  return {
    host,
    port: integer('port', options.port ?? 1060, 65_535),
    terminator: terminatorBytes(terminator),
    timeoutMsMax: integer('timeoutMsMax', options.timeoutMsMax ?? 5000, MS_MAX),
    answerBytesMax: integer('answerBytesMax', options.answerBytesMax ?? 1_048_576, 2 ** 26),
    signal,
  }
}

/** Checks the options of one question. Throws `ERR_LANCELOT_OPTION_*`. */
export function parseAskOptions(options: AskOptions, preset: number): Required<AskOptions> {
  checkNames(options, ['timeoutMsMax'])
  return { timeoutMsMax: integer('timeoutMsMax', options.timeoutMsMax ?? preset, MS_MAX) }
}

function checkNames(options: unknown, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw typeError('options', options, 'an object')
  }
  const option = Object.keys(options).find(name => !names.includes(name))
  if (option === undefined) return
  const nearest = nearestName(option, names)
  const hint = nearest === undefined ? `allowed are ${names.join(', ')}` : `is it ${nearest}?`
  const message = `option ${option} does not exist; ${hint}`
  throw new LancelotError('ERR_LANCELOT_OPTION_UNKNOWN', message, { option })
}

function integer(option: string, value: unknown, max: number): number {
  const allowed = `a whole number from 1 to ${max}`
  if (typeof value !== 'number') throw typeError(option, value, allowed)
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw rangeError(option, String(value), allowed)
  }
  return value
}

function terminatorBytes(value: unknown): Buffer {
  const allowed = 'text or bytes, 1 to 16 bytes'
  if (!isBytes(value)) throw typeError('terminator', value, allowed)
  const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.from(value)
  if (bytes.length < 1 || bytes.length > 16) {
    throw rangeError('terminator', `${bytes.length} bytes`, allowed)
  }
  return bytes
}

function typeError(option: string, value: unknown, allowed: string): LancelotError {
  const message = `option ${option} is ${describe(value)}; allowed is ${allowed}`
  return new LancelotError('ERR_LANCELOT_OPTION_TYPE', message, { option })
}
