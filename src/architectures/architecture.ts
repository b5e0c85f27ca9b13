/**
 * What an architecture is: a way of arranging sockets, loops and threads around the same protocol.
 *
 * Types, and nothing to run. `server.ts` turns a driver into the public server; it is the only
 * observer.
 */

import type { LancelotError } from '../errors.ts'
import type { ServerSettings } from '../options.ts'
import type { AnswerStore } from '../protocol/answers.ts'
import type {
  Address,
  ArchitectureName,
  Connection,
  ConnectionSummary,
  Decoded,
  OverloadReason,
  Stats,
  StopSummary,
} from '../types.ts'

/** One way to serve. One file in this folder exports one of these. */
export interface Architecture {
  /** Its name, in options and on the command line. */
  readonly name: ArchitectureName
  /** One line for a table. */
  readonly summary: string
  /** How many workers it has unless the user says; absent: it has none, and refuses the option. */
  readonly workers?: number
  /** Whether it imports `handlerModule` itself, where it serves. */
  readonly runsHandlerModule?: true
  /** Starts to listen. Rejects with a LancelotError, having opened nothing. */
  start(settings: ServerSettings, observer: Observer): Promise<Driver>
}

/** What the server is told, on JavaScript's own thread, and never reentrantly from `start`. */
export interface Observer {
  opened(connection: Connection): void
  /** `number` counts the requests of the connection, from 1. */
  requested(connection: Connection, request: Decoded, number: number): void
  responded(connection: Connection, response: Decoded, number: number): void
  closed(connection: Connection, summary: ConnectionSummary): void
  failed(error: LancelotError): void
  /** A limit of the server is reached, or it is well below it again. Always told. */
  overloaded(reason: OverloadReason): void
  relieved(reason: OverloadReason, durationMs: number): void
}

/**
 * Which of the observer's events are wanted; the others are not even recorded. Of a connection that
 * any of them is told of, `opened` and `closed` come too if they are wanted, first and last.
 */
export interface Interest {
  readonly opened: boolean
  readonly requested: boolean
  readonly responded: boolean
  readonly closed: boolean
}

/** Nobody listens. */
export const NO_INTEREST: Interest = {
  opened: false,
  requested: false,
  responded: false,
  closed: false,
}

/** A running architecture. */
export interface Driver {
  readonly address: Address
  readonly answers: AnswerStore
  /** Replaces the interest. At first nothing is wanted. */
  observe(interest: Interest): void
  stats(): Stats
  /** Every connection that is open, each once; those that come or go meanwhile may be missed. */
  connections(): AsyncIterableIterator<Connection>
  /**
   * Sends bytes, as they are, to all connections or to the members of a group. Resolves to how many
   * took them; see `Connection.send`.
   */
  broadcast(bytes: Buffer, group: string | undefined): Promise<number>
  /** Whether a server that listens keeps the process alive. At first it does. */
  ref(): void
  unref(): void
  /**
   * Stops: no new connections, owed answers leave, the rest is reset after `drainMsMax` ms. Calling
   * it again can only bring the deadline nearer; every call resolves when the stop is complete.
   */
  stop(drainMsMax: number): Promise<StopSummary>
}
