/**
 * What an architecture is: a way of arranging sockets, loops and threads around the same protocol.
 *
 * Types only. `server.ts` turns a driver into the public server; it is the only observer.
 */

import type { LancelotError } from '../errors.ts'
import type { ServerSettings } from '../options.ts'
import type { AnswerStore } from '../protocol/answers.ts'
import type { Address, Connection, ConnectionSummary, Stats, StopSummary } from '../types.ts'

/** One way to serve. One file in this folder exports one of these. */
export interface Architecture {
  /** Its name on the command line. */
  readonly name: string
  /** One line for a table. */
  readonly summary: string
  /** Starts to listen. Rejects with a LancelotError, having opened nothing. */
  start(settings: ServerSettings, observer: Observer): Promise<Driver>
}

/** What the server is told, on JavaScript's own thread, and never reentrantly from `start`. */
export interface Observer {
  opened(connection: Connection): void
  closed(connection: Connection, summary: ConnectionSummary): void
  failed(error: LancelotError): void
}

/** Which of the observer's events are wanted; the others are not even recorded. */
export interface Interest {
  readonly opened: boolean
  readonly closed: boolean
}

/** A running architecture. */
export interface Driver {
  readonly address: Address
  readonly answers: AnswerStore
  /** Replaces the interest. At first nothing is wanted. */
  observe(interest: Interest): void
  stats(): Stats
  /**
   * Stops: no new connections, owed answers leave, the rest is reset after `drainMsMax` ms. Calling
   * it again can only bring the deadline nearer; every call resolves when the stop is complete.
   */
  stop(drainMsMax: number): Promise<StopSummary>
}
