/**
 * What the connections of one server share: settings, answers and counters. Types only, and zeros.
 */

import { CLOSE_CODES, type CloseCode } from '../errors.ts'
import type { ServerSettings } from '../options.ts'
import type { Stats } from '../types.ts'
import type { TableAnswer } from './answers.ts'

/** Lent to every connection of a server. */
export interface Shared {
  readonly settings: ConnectionSettings
  /** Looks up a request by its bytes as latin1 text. */
  readonly answers: { find(request: string): TableAnswer | undefined }
  readonly tally: Tally
}

/** What connections count together; `docs/protocol.md` defines each. */
export type Tally = Pick<
  Stats,
  | 'requests'
  | 'answered'
  | 'handled'
  | 'unknown'
  | 'inFlight'
  | 'responsesDropped'
  | 'bytesRead'
  | 'bytesWritten'
>

/** The settings that a conversation depends on. */
export type ConnectionSettings = Pick<
  ServerSettings,
  | 'delimiter'
  | 'handler'
  | 'unknownAnswer'
  | 'answerSuffix'
  | 'greeting'
  | 'requestBytesMax'
  | 'highWaterBytes'
  | 'inFlightMax'
  | 'inFlightServerMax'
  | 'idleMsMax'
  | 'requestMsMax'
  | 'writeMsMax'
  | 'handlerMsMax'
>

/** The counters of a server to which nothing has happened. They are a `Tally` too. */
export function newStats(): Stats {
  return {
    accepted: 0,
    refused: 0,
    open: 0,
    closed: 0,
    requests: 0,
    answered: 0,
    handled: 0,
    unknown: 0,
    inFlight: 0,
    responsesDropped: 0,
    eventsDropped: 0,
    acceptErrors: 0,
    bytesRead: 0,
    bytesWritten: 0,
    closes: Object.fromEntries(CLOSE_CODES.map(code => [code, 0])) as Record<CloseCode, number>,
  }
}
