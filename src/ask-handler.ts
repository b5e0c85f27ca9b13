/**
 * Asks the application's handler for one response, and makes whatever comes of it a response or a
 * code. Nothing that a handler does escapes from here.
 */

import { type CloseCode, LancelotError } from './errors.ts'
import { describe, isBytes } from './option-table.ts'
import type { ServerSettings } from './options.ts'
import { encode, encodeFault } from './text-encoding.ts'
import type { Connection, Decoded, Handler } from './types.ts'

/** What decides whether text or bytes may be sent. */
export type HandlerSettings = Pick<ServerSettings, 'answerBytesMax' | 'encoding'>

/** What the handler answered, without the suffix, or the code with which the connection ends. */
export type HandlerOutcome = Buffer | CloseCode

/** Told once for every request: now, or later if the handler answers later. */
export type HandlerDone = (outcome: HandlerOutcome, failure: LancelotError | undefined) => void

/** What a promise of a handler that was asked elsewhere is rejected with: how it failed there. */
export class FailedElsewhere extends Error {
  readonly code: CloseCode
  readonly failure: LancelotError

  constructor(code: CloseCode, failure: LancelotError) {
    super(failure.message)
    this.code = code
    this.failure = failure
  }
}

/** Calls the handler, whatever its encoding: `request` is decoded as its settings say. */
export function askHandler(
  handler: Handler<never>,
  request: Decoded,
  connection: Connection,
  settings: HandlerSettings,
  done: HandlerDone,
): void {
  let response: unknown
  try {
    response = handler(request as never, connection)
  } catch (cause) {
    settleThrow(cause, connection, done)
    return
  }
  settleResponse(response, connection, settings, done)
}

/** Makes an outcome of what the handler returned. */
export function settleResponse(
  response: unknown,
  connection: Connection,
  settings: HandlerSettings,
  done: HandlerDone,
): void {
  const finish = (settled: unknown): void => {
    const outcome = parseResponse(settled, settings)
    if (typeof outcome === 'string') {
      done('handler-bad-answer', handlerError(connection, outcome))
    } else done(outcome ?? 'handler-close', undefined)
  }
  let isLater: boolean
  try {
    isLater = isThenable(response)
  } catch (cause) {
    settleThrow(cause, connection, done)
    return
  }
  if (!isLater) finish(response)
  else {
    Promise.resolve(response).then(finish, (cause: unknown) => {
      settleRejection(cause, connection, done)
    })
  }
}

/** Makes an outcome of what the handler threw. */
export function settleThrow(cause: unknown, connection: Connection, done: HandlerDone): void {
  done('handler-threw', handlerError(connection, `threw: ${wording(cause)}`, cause))
}

/** Makes an outcome of what the handler's promise was rejected with. */
export function settleRejection(cause: unknown, connection: Connection, done: HandlerDone): void {
  if (cause instanceof FailedElsewhere) done(cause.code, cause.failure)
  else done('handler-rejected', handlerError(connection, `rejected: ${wording(cause)}`, cause))
}

/** The bytes of a response, null, or what is wrong with it. */
function parseResponse(response: unknown, settings: HandlerSettings): Buffer | null | string {
  const { answerBytesMax, encoding } = settings
  if (response === null) return null
  if (!isBytes(response)) return `answered ${describe(response)}; allowed is text, bytes or null`
  const bytes = encode(response, encoding)
  if (bytes === undefined) return `answered ${encodeFault(response)}`
  if (bytes.length <= answerBytesMax) return bytes
  return `answered ${bytes.length} bytes; allowed is answerBytesMax (${answerBytesMax})`
}

/** The error for a handler that failed for one request of a connection. */
export function handlerError(connection: Connection, what: string, cause?: unknown): LancelotError {
  const message = `the handler ${what} (connection ${connection.id}, which ends)`
  return new LancelotError('ERR_LANCELOT_HANDLER', message, cause === undefined ? {} : { cause })
}

function isThenable(response: unknown): boolean {
  return typeof (response as PromiseLike<unknown> | null | undefined)?.then === 'function'
}

function wording(cause: unknown): string {
  return cause instanceof Error ? cause.message : describe(cause)
}
