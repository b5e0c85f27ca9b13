/**
 * Parses the options of a server and of its methods: tables of type, range, default and meaning,
 * read once.
 *
 * Opens nothing. The contents of `answers` are checked by the answer table, where they are stored.
 */

import { LancelotError } from './errors.ts'
import {
  bytes,
  describe,
  integer,
  MS_MAX,
  type OptionRow,
  parseOptions,
  rangeError,
} from './option-table.ts'
import type {
  AnswerTable,
  ArchitectureName,
  BroadcastOptions,
  CloseOptions,
  Encoding,
  EventsOptions,
  Handler,
  ServerEvents,
  ServerOptions,
} from './types.ts'

/** Every event of a server. */
export const EVENT_NAMES: readonly (keyof ServerEvents)[] = [
  'connection',
  'request',
  'response',
  'close',
  'error',
  'overload',
  'overloadEnd',
]

/** The longest name of a group. */
export const GROUP_BYTES_MAX = 255

/** Every option of a server. The command line and the documentation are made from it. */
export const OPTION_TABLE: Readonly<Record<keyof ServerOptions, OptionRow>> = {
  host: { type: 'text', min: 1, max: 255, default: '127.0.0.1', meaning: 'where to listen' },
  port: integer(0, 65_535, 1060, 'port to listen on; 0 lets the system pick'),
  backlog: integer(1, 65_535, 4096, 'connections that may wait to be accepted'),
  loops: integer(1, 64, 1, 'event loops, one thread each'),
  workers: {
    type: 'integer',
    min: 1,
    max: 64,
    default: undefined,
    meaning: 'threads or processes that serve, instead of as many as the design has',
  },
  reusePort: { type: 'boolean', default: false, meaning: 'give every loop its own listener' },
  delimiter: bytes(1, 16, '?', 'the bytes that end a request'),
  answers: { type: 'table', default: {}, meaning: 'what is answered without asking JavaScript' },
  handler: {
    type: 'function',
    default: undefined,
    meaning: 'answers what the table does not know',
  },
  handlerModule: {
    type: 'path or URL',
    default: undefined,
    meaning: 'a module whose default export is the handler; workers import it themselves',
  },
  routes: {
    type: 'routes',
    min: 0,
    max: 1024,
    default: [],
    meaning: 'handlers by the beginning of the request, before the handler',
  },
  encoding: {
    type: 'choice',
    values: ['utf8', 'latin1', 'buffer'],
    default: 'utf8',
    meaning: 'how requests become text, and text that is returned or sent becomes bytes',
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
  inFlightBytesMax: integer(
    1,
    2 ** 30,
    2 ** 26,
    'bytes of requests that may wait for the handler, in all',
  ),
  connectionsMax: integer(1, 2 ** 20, 1_000_000, 'open connections; more are refused'),
  idleMsMax: integer(1, MS_MAX, 300_000, 'how long a peer that is owed nothing may be silent'),
  requestMsMax: integer(1, MS_MAX, 10_000, 'how long a request may take to arrive'),
  writeMsMax: integer(1, MS_MAX, 30_000, 'how long a peer may take no byte of its answers'),
  handlerMsMax: integer(1, MS_MAX, 30_000, 'how long the handler may take for one request'),
  signal: { type: 'AbortSignal', default: undefined, meaning: 'aborting it closes the server' },
}

/** Every design that `startServer` knows, in the order of the walk through them. */
export const ARCHITECTURE_NAMES: readonly ArchitectureName[] = [
  'one-at-a-time',
  'thread-per-connection',
  'thread-pool',
  'processes',
  'worker-threads',
  'callback',
  'coroutine',
  'select',
  'poll-syscall',
  'poll',
  'multi-loop',
  'loop-and-pool',
  'inetd',
]

/** What `startServer` takes beside the options of every server. */
export const START_OPTION_TABLE: Readonly<Record<'architecture', OptionRow>> = {
  architecture: {
    type: 'choice',
    values: ARCHITECTURE_NAMES,
    default: 'poll',
    meaning: 'how sockets, loops and threads are arranged',
  },
}

/** The options of `close()`. */
export const CLOSE_OPTION_TABLE: Readonly<Record<keyof CloseOptions, OptionRow>> = {
  drainMsMax: integer(0, MS_MAX, 5000, 'how long to wait for what is owed; 0 cuts at once'),
}

/** The options of `events()`. */
export const EVENTS_OPTION_TABLE: Readonly<Record<keyof EventsOptions, OptionRow>> = {
  only: {
    type: 'list',
    values: EVENT_NAMES,
    default: EVENT_NAMES,
    meaning: 'the events that are wanted',
  },
  queuedMax: integer(1, 2 ** 20, 65_536, 'events that may wait for the reader'),
  signal: { type: 'AbortSignal', default: undefined, meaning: 'aborting it ends the events' },
}

/** The options of `broadcast()`. */
export const BROADCAST_OPTION_TABLE: Readonly<Record<keyof BroadcastOptions, OptionRow>> = {
  to: {
    type: 'text',
    min: 1,
    max: GROUP_BYTES_MAX,
    default: undefined,
    meaning: 'the group that is reached, of at most 255 bytes, instead of every connection',
  },
}

/** Requests that begin so are for this handler. */
export interface Route {
  readonly prefix: Buffer
  readonly handler: Handler<Encoding>
}

/** The options of a server, checked and complete: text is bytes, and nothing is missing. */
export interface ServerSettings {
  readonly host: string
  readonly port: number
  readonly backlog: number
  readonly loops: number
  /** Undefined: as many as the design wants. */
  readonly workers: number | undefined
  readonly reusePort: boolean
  readonly delimiter: Buffer
  /** Only its container has been checked; the answer table checks the rest. */
  readonly answers: AnswerTable
  readonly handler: Handler<Encoding> | undefined
  /** Not yet imported. */
  readonly handlerModule: URL | undefined
  /** In the order in which they were given. */
  readonly routes: readonly Route[]
  readonly encoding: Encoding
  readonly unknownAnswer: Buffer | null
  readonly answerSuffix: Buffer
  readonly greeting: Buffer
  readonly requestBytesMax: number
  readonly answerBytesMax: number
  readonly highWaterBytes: number
  readonly inFlightMax: number
  readonly inFlightServerMax: number
  readonly inFlightBytesMax: number
  readonly connectionsMax: number
  readonly idleMsMax: number
  readonly requestMsMax: number
  readonly writeMsMax: number
  readonly handlerMsMax: number
  readonly signal: AbortSignal | undefined
}

/** The options of `events()`, checked and complete. */
export interface EventsSettings {
  readonly only: readonly (keyof ServerEvents)[]
  readonly queuedMax: number
  readonly signal: AbortSignal | undefined
}

/**
 * Checks the options of a server and fills in the defaults. Throws `ERR_LANCELOT_OPTION_*` or
 * `ERR_LANCELOT_ROUTE`.
 */
export function parseServerOptions<E extends Encoding = 'utf8'>(
  options: ServerOptions<E>,
): ServerSettings {
  const settings = parseOptions(options, OPTION_TABLE) as unknown as ServerSettings
  const { unknownAnswer, answerBytesMax } = settings
  if (unknownAnswer !== null && unknownAnswer.length > answerBytesMax) {
    const came = `${unknownAnswer.length} bytes`
    throw rangeError('unknownAnswer', came, `at most answerBytesMax (${answerBytesMax}) bytes`)
  }
  if (settings.handler !== undefined && settings.handlerModule !== undefined) {
    throw rangeError('handlerModule', 'given beside handler', 'one of the two')
  }
  checkRoutes(settings)
  return settings
}

/** Which design the options of `startServer` name. Throws `ERR_LANCELOT_OPTION_*`. */
export function parseArchitecture(options: { architecture?: unknown }): ArchitectureName {
  const isObject = typeof options === 'object' && options !== null
  const named = isObject ? { architecture: options.architecture } : options
  const { architecture } = parseOptions(named, START_OPTION_TABLE)
  return architecture as ArchitectureName
}

/** Checks the options of `close()` and fills in the defaults. Throws `ERR_LANCELOT_OPTION_*`. */
export function parseCloseOptions(options: CloseOptions): Required<CloseOptions> {
  return parseOptions(options, CLOSE_OPTION_TABLE) as unknown as Required<CloseOptions>
}

/** Checks the options of `events()` and fills in the defaults. Throws `ERR_LANCELOT_OPTION_*`. */
export function parseEventsOptions(options: EventsOptions): EventsSettings {
  return parseOptions(options, EVENTS_OPTION_TABLE) as unknown as EventsSettings
}

/** Checks the options of `broadcast()`. Throws `ERR_LANCELOT_OPTION_*`. */
export function parseBroadcastOptions(options: BroadcastOptions): BroadcastOptions {
  const { to, ...others } = parseOptions(options, BROADCAST_OPTION_TABLE) as BroadcastOptions
  if (to === undefined) return others
  const length = Buffer.byteLength(to)
  if (length <= GROUP_BYTES_MAX) return { ...others, to }
  throw rangeError('to', `${length} bytes`, `text of 1 to ${GROUP_BYTES_MAX} bytes`)
}

/** Refuses a prefix with which no request can begin, and one that stands twice. */
function checkRoutes({ routes, delimiter, requestBytesMax }: ServerSettings): void {
  const seen = new Set<string>()
  for (const { prefix } of routes) {
    const key = prefix.toString('latin1')
    if (prefix.length === 0) {
      throw routeError(prefix, `is empty; allowed are 1 to ${requestBytesMax} bytes, use handler`)
    }
    if (prefix.length > requestBytesMax) {
      const allowed = `allowed is requestBytesMax (${requestBytesMax})`
      throw routeError(prefix, `can never match: it is ${prefix.length} bytes long; ${allowed}`)
    }
    if (prefix.includes(delimiter)) {
      const advice = 'take it out, or choose another delimiter'
      throw routeError(prefix, `can never match: it holds the delimiter; ${advice}`)
    }
    if (seen.has(key)) throw routeError(prefix, 'stands twice; allowed is one handler for each')
    seen.add(key)
  }
}

function routeError(prefix: Buffer, fault: string): LancelotError {
  const message = `the prefix ${describe(prefix.toString())} in routes ${fault}`
  return new LancelotError('ERR_LANCELOT_ROUTE', message, { option: 'routes' })
}
