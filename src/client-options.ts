/**
 * Parses the options of a client: type, range and default of each, read once.
 *
 * Opens nothing. What a server takes is in `options.ts`.
 */

import { bytes, integer, MS_MAX, type OptionRow, parseOptions } from './option-table.ts'
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

const CLIENT_OPTION_TABLE: Readonly<Record<keyof ClientOptions, OptionRow>> = {
  host: { type: 'text', min: 1, max: 255, default: '127.0.0.1', meaning: 'where the server is' },
  port: integer(1, 65_535, 1060, 'port of the server'),
  terminator: bytes(1, 16, '.', 'the bytes that end an answer'),
  timeoutMsMax: integer(1, MS_MAX, 5000, 'how long connecting, and each answer, may take'),
  answerBytesMax: integer(1, 2 ** 26, 1_048_576, 'the longest answer, without its terminator'),
  signal: { type: 'AbortSignal', default: undefined, meaning: 'aborting it closes the client' },
}

/** Checks the options of a client and fills in the defaults. Throws `ERR_LANCELOT_OPTION_*`. */
export function parseClientOptions(options: ClientOptions): ClientSettings {
  return parseOptions(options, CLIENT_OPTION_TABLE) as unknown as ClientSettings
}

/** Checks the options of one question. Throws `ERR_LANCELOT_OPTION_*`. */
export function parseAskOptions(options: AskOptions, preset: number): Required<AskOptions> {
  const table = { timeoutMsMax: integer(1, MS_MAX, preset, 'how long the answer may take') }
  return parseOptions(options, table) as unknown as Required<AskOptions>
}
