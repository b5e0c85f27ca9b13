/**
 * Asks the application's handler for one response, and makes whatever comes of it a response or a
 * code. Nothing that a handler does escapes from here.
 */

import { type CloseCode, LancelotError } from './errors.ts'
import { describe, isBytes } from './option-table.ts'
import type { Connection, Handler } from './types.ts'

/** What the handler answered, without the suffix, or the code with which the connection ends. */
export type HandlerOutcome = Buffer | CloseCode

/** Told once for every request: now, or later if the handler answers later. */
export type HandlerDone = (outcome: HandlerOutcome, failure: LancelotError | undefined) => void

/** Calls the handler. `answerBytesMax` is the longest response that it may give. */
export function askHandler(
  handler: Handler,
  request: string,
  connection: Connection,
  answerBytesMax: number,
  done: HandlerDone,
): void {
  let response: unknown
  try {
    response = handler(request, connection)
  } catch (cause) {
    settleThrow(cause, connection, done)
    return
  }
  settleResponse(response, connection, answerBytesMax, done)
}

/** Makes an outcome of what the handler returned. */
export function settleResponse(
  response: unknown,
  connection: Connection,
  answerBytesMax: number,
  done: HandlerDone,
): void {
  const fail = (code: CloseCode, what: string, cause?: unknown): void => {
    done(code, handlerError(connection, what, cause))
  }
  const finish = (settled: unknown): void => {
    const outcome = parseResponse(settled, answerBytesMax)
    if (typeof outcome === 'string') fail('handler-bad-answer', outcome)
    else done(outcome ?? 'handler-close', undefined)
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
      fail('handler-rejected', `rejected: ${wording(cause)}`, cause)
    })
  }
}

/** Makes an outcome of what the handler threw. */
export function settleThrow(cause: unknown, connection: Connection, done: HandlerDone): void {
  done('handler-threw', handlerError(connection, `threw: ${wording(cause)}`, cause))
}

/** The bytes of a response, null, or what is wrong with it. */
function parseResponse(response: unknown, answerBytesMax: number): Buffer | null | string {
  if (response === null) return null
  if (!isBytes(response)) return `answered ${describe(response)}; allowed is text, bytes or null`
  const bytes = Buffer.from(response as string)
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
