/**
 * What the connections of one server share: settings, answers, routes and counters.
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
  /** Looks up, by the same text, who is asked what the answers do not know. */
  readonly routes: { find(request: string): number | undefined }
  /** What is told though nobody asks for it. It may change at any time. */
  readonly interest: { readonly requested: boolean; readonly responded: boolean }
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
  | 'inFlightBytes'
  | 'responsesDropped'
  | 'pushed'
  | 'pushesDropped'
  | 'bytesRead'
  | 'bytesWritten'
>

/** The settings that a conversation depends on. */
export type ConnectionSettings = Pick<
  ServerSettings,
  | 'delimiter'
  | 'encoding'
  | 'unknownAnswer'
  | 'answerSuffix'
  | 'greeting'
  | 'requestBytesMax'
  | 'highWaterBytes'
  | 'inFlightMax'
  | 'inFlightServerMax'
  | 'inFlightBytesMax'
  | 'idleMsMax'
  | 'requestMsMax'
  | 'writeMsMax'
  | 'handlerMsMax'
>

/** Whether one more request may wait for the handler, whatever its length. */
export function hasRoom({ settings, tally }: Pick<Shared, 'settings' | 'tally'>): boolean {
  return (
    tally.inFlight < settings.inFlightServerMax && tally.inFlightBytes < settings.inFlightBytesMax
  )
}

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
    inFlightBytes: 0,
    responsesDropped: 0,
    pushed: 0,
    pushesDropped: 0,
    eventsDropped: 0,
    acceptErrors: 0,
    bytesRead: 0,
    bytesWritten: 0,
    closes: Object.fromEntries(CLOSE_CODES.map(code => [code, 0])) as Record<CloseCode, number>,
  }
}
