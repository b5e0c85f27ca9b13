/**
 * Parses the options of a server: one table of type, range, default and meaning, read once.
 *
 * Opens nothing. The contents of `answers` are checked by the answer table, where they are stored.
 */

import { bytes, integer, MS_MAX, type OptionRow, parseOptions, rangeError } from './option-table.ts'
import type { AnswerTable, CloseOptions, Handler, ServerOptions } from './types.ts'

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
