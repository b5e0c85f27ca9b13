/**
 * The contract: what goes into a server and what comes out of it, whichever architecture serves.
 *
 * Types only; `options.ts` checks values, `docs/protocol.md` says what they mean on the wire.
 */

import type { CloseCode } from './errors.ts'

/** Text (sent as UTF-8) or bytes. */
export type Bytes = string | Uint8Array

/** A configured answer. With `close`, the connection ends after it. */
export type Answer = Bytes | { answer: Bytes; close?: boolean }

/** A table of answers: an object, a Map, or pairs. Keys may end in the delimiter or not (P2). */
export type AnswerTable = Readonly<Record<string, Answer>> | Iterable<readonly [Bytes, Answer]>

/** What a handler may return: the response, or null to close the connection. */
export type Response = Bytes | null

/** Answers the requests that the table does not know. `request` is decoded as UTF-8. */
export type Handler = (request: string, connection: Connection) => Response | Promise<Response>

/** One peer, as JavaScript sees it. */
export interface Connection {
  /** Unique for the server's life. A safe integer. */
  readonly id: number
  /** The peer's address, or undefined where it was gone before anyone asked. */
  readonly remoteAddress: string | undefined
  /** The peer's port, or undefined where it was gone before anyone asked. */
  readonly remotePort: number | undefined
}

/** Where a server listens. */
export interface Address {
  host: string
  port: number
  family: 'IPv4' | 'IPv6'
}

/** How one connection went. */
export interface ConnectionSummary {
  /** Why it ended. */
  code: CloseCode
  /** Requests taken from it. */
  requests: number
  bytesRead: number
  bytesWritten: number
  /** From accepted to closed. */
  durationMs: number
}

/** Counters since the server started; `docs/protocol.md` defines each. */
export interface Stats {
  accepted: number
  refused: number
  open: number
  closed: number
  requests: number
  answered: number
  handled: number
  unknown: number
  inFlight: number
  responsesDropped: number
  eventsDropped: number
  acceptErrors: number
  bytesRead: number
  bytesWritten: number
  closes: Record<CloseCode, number>
}

/** What stopping did: connections that ended in order, and those reset at the deadline. */
export interface StopSummary {
  drained: number
  cut: number
}

/** How to stop. */
export interface CloseOptions {
  /** How long to wait for what is owed, in ms. 0 cuts at once. @default 5000 */
  drainMsMax?: number
}

/** Options of every server. Ranges and defaults are the table in `options.ts`. */
export interface ServerOptions {
  /** Address or name to listen on. @default '127.0.0.1' */
  host?: string
  /** 0 to 65,535; 0 lets the system pick. @default 1060 */
  port?: number
  /** Connections that may wait to be accepted. @default 4096 */
  backlog?: number
  /** Event loops, one thread each. The JavaScript engine has one. @default 1 */
  loops?: number
  /**
   * Give every loop its own listener (SO_REUSEPORT). One that closes loses what was queued on it.
   * @default false
   */
  reusePort?: boolean
  /** The bytes that end a request, 1 to 16. @default '?' */
  delimiter?: Bytes
  /** What is answered without asking JavaScript. @default none */
  answers?: AnswerTable
  /** Answers what the table does not know. @default none */
  handler?: Handler
  /**
   * The answer to what nobody knows; null closes the connection instead.
   * @default 'Error: unknown question.'
   */
  unknownAnswer?: Bytes | null
  /** Appended to every answer. @default '' */
  answerSuffix?: Bytes
  /** Sent when a connection opens. @default '' */
  greeting?: Bytes
  /** The longest request, without its delimiter. @default 16384 */
  requestBytesMax?: number
  /** The longest answer, without the suffix. @default 1048576 */
  answerBytesMax?: number
  /** Unsent output at which a connection is no longer read. @default 65536 */
  highWaterBytes?: number
  /** Requests of one connection that may wait for the handler. @default 128 */
  inFlightMax?: number
  /** Requests of the whole server that may wait for the handler. @default 65536 */
  inFlightServerMax?: number
  /** Open connections; more are closed as they come and counted as refused. @default 1000000 */
  connectionsMax?: number
  /** How long a peer that is owed nothing may be silent. @default 300000 */
  idleMsMax?: number
  /** How long a request may take to arrive, from its first byte. @default 10000 */
  requestMsMax?: number
  /** How long a peer may take no byte of its answers. @default 30000 */
  writeMsMax?: number
  /** How long the handler may take for one request. @default 30000 */
  handlerMsMax?: number
  /** Aborting closes the server. @default none */
  signal?: AbortSignal
}

/** The events of a server, with their arguments. */
export interface ServerEvents {
  /** A peer connected. */
  connection: [connection: Connection]
  /** A connection ended. */
  close: [connection: Connection, summary: ConnectionSummary]
  /** Something failed and the server carries on; never thrown where nobody listens. */
  error: [error: Error]
}
