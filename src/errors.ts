/**
 * Every error that Lancelot raises, and the stable code of each.
 *
 * Match on `code`, never on the message or the class: messages may be reworded, codes may not.
 * An error of the operating system keeps the system's own code (`EADDRINUSE`), as node:net does.
 */

/** Why a connection ended. `docs/protocol.md` says when each applies. */
export const CLOSE_CODES = [
  'finished',
  'truncated',
  'reset',
  'request-too-long',
  'unknown-request',
  'answer-close',
  'handler-close',
  'handler-threw',
  'handler-rejected',
  'handler-bad-answer',
  'handler-timeout',
  'connection-close',
  'idle-timeout',
  'request-timeout',
  'write-timeout',
  'stopped',
  'cut',
  'server-failed',
] as const

/** Why a connection ended, as its stable code. */
export type CloseCode = (typeof CLOSE_CODES)[number]

/** The codes of Lancelot's own errors, with what each means. */
export const ERROR_CODES = {
  ERR_LANCELOT_OPTION_UNKNOWN: 'an option that does not exist',
  ERR_LANCELOT_OPTION_TYPE: 'an option of the wrong type',
  ERR_LANCELOT_OPTION_RANGE: 'an option outside its range',
  ERR_LANCELOT_ARGUMENT: 'an argument of a method that it cannot take',
  ERR_LANCELOT_ROUTE: 'a route that can never match a request, or stands twice',
  ERR_LANCELOT_ANSWER_KEY: 'a key that can never match a request',
  ERR_LANCELOT_ANSWER_VALUE: 'an answer that is neither text nor bytes, or is too long',
  ERR_LANCELOT_ANSWERS_FILE: 'an answers file that cannot be read or is malformed',
  ERR_LANCELOT_ADDON_MISSING: 'the native addon could not be loaded',
  ERR_LANCELOT_HANDLER: 'the handler failed for one request',
  ERR_LANCELOT_HANDLER_MODULE: 'a module of a handler that cannot be imported, or exports none',
  ERR_LANCELOT_LOOP_FAILED: 'an event loop ended by a fault of its own',
  ERR_LANCELOT_EVENTS_DROPPED: 'events came faster than JavaScript took them',
  ERR_LANCELOT_ACCEPT: 'the system would not hand over a new connection',
  ERR_LANCELOT_CLIENT_TIMEOUT: 'the server did not answer a question in time',
  ERR_LANCELOT_CLIENT_CLOSED: 'the connection ended before the answer was complete',
  ERR_LANCELOT_ARCHITECTURE: 'an architecture that this system or this process cannot run',
  ERR_LANCELOT_WORKER: 'a worker of the server ended by a fault of its own',
  ERR_LANCELOT_LOAD: 'the load generator could not do what it was told',
  ERR_LANCELOT_TARGET: 'a server that is to be measured could not be started or reached',
  ERR_LANCELOT_MACHINE: 'the machine lacks what measuring needs',
  ERR_LANCELOT_RUN_FILE: 'a file of a comparison that cannot be read or is malformed',
} as const

/** A code of one of Lancelot's own errors. */
export type ErrorCode = keyof typeof ERROR_CODES

/** An error with a stable `code`. Those of the system carry `syscall` and `errno`, as net's do. */
export class LancelotError extends Error {
  /** One of `ERROR_CODES`, or the system's own code (`EADDRINUSE`, `EACCES`, `ENOTFOUND`, ...). */
  readonly code: string
  /** The option at fault, where one is. */
  declare readonly option?: string
  /** The system call that failed, where one did. */
  declare readonly syscall?: string
  /** The system's error number, where there is one. */
  declare readonly errno?: number
  /** What had arrived of an answer before the connection ended or the time ran out. */
  declare readonly received?: Buffer

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    const { cause, ...properties } = details
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'LancelotError'
    this.code = code
    Object.assign(this, properties)
  }
}

/** What an error may carry beside its code and message. */
export interface ErrorDetails {
  cause?: unknown
  option?: string
  syscall?: string
  errno?: number
  received?: Buffer
}
