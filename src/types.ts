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

/**
 * How bytes and text become each other where the handler, the events and `send` meet them. `utf8`
 * replaces what is not valid, as Node's own decoder does; `latin1` maps bytes to the characters
 * U+0000 to U+00FF one to one; with `buffer` requests are Buffers, and text that is sent is UTF-8.
 */
export type Encoding = 'utf8' | 'latin1' | 'buffer'

/** What bytes become under each encoding. */
export interface DecodedAs {
  utf8: string
  latin1: string
  buffer: Buffer
}

/** What a request or response is in JavaScript. A Buffer is the reader's own to keep and change. */
export type Decoded<E extends Encoding = Encoding> = DecodedAs[E]

/** A function from a request, of the type that its encoding gives it, to its response. */
export interface Answering<Request> {
  // biome-ignore lint/style/useShorthandFunctionType: an alias would tell utf8 and latin1 apart.
  (request: Request, connection: Connection): Response | Promise<Response>
}

/** Answers the requests that the table does not know. */
export type Handler<E extends Encoding = 'utf8'> = Answering<Decoded<E>>

/** Handlers by the beginning of the request; the longest that fits is asked. */
export type Routes<E extends Encoding = 'utf8'> =
  | Readonly<Record<string, Handler<E>>>
  | Iterable<readonly [Bytes, Handler<E>]>

/** One peer, as JavaScript sees it: the same object for as long as the peer is connected. */
export interface Connection {
  /** Unique for the server's life. A safe integer. */
  readonly id: number
  /** The peer's address, or undefined where it was gone before anyone asked. */
  readonly remoteAddress: string | undefined
  /** The peer's port, or undefined where it was gone before anyone asked. */
  readonly remotePort: number | undefined
  /** When it was accepted, in ms since 1970. */
  readonly openedAtMs: number
  /** Yours. */
  data: unknown
  /**
   * Sends bytes outside any response: at once, between two responses, without the suffix. Resolves
   * to whether they were taken: not where the connection is ending or gone, and not while its
   * unsent output is at or over `highWaterBytes`. Rejects with `ERR_LANCELOT_ARGUMENT`.
   */
  send(bytes: Bytes): Promise<boolean>
  /** Takes no more requests, answers those that were taken, then ends with `connection-close`. */
  close(): void
  /** Stops reading, until `resume`. What was read goes on being answered; the clocks go on too. */
  pause(): void
  /** Reads again. */
  resume(): void
  /**
   * Makes it a member of a group for `broadcast`. Resolves to whether it is one: not where it is
   * gone or in 64 groups already. Rejects with `ERR_LANCELOT_ARGUMENT`.
   */
  join(group: string): Promise<boolean>
  /** Ends a membership. Resolves to whether there was one. Rejects with `ERR_LANCELOT_ARGUMENT`. */
  leave(group: string): Promise<boolean>
  /** Its counters, as they are now; undefined where it is gone. */
  stats(): Promise<ConnectionStats | undefined>
}

/** Counters of one connection. */
export interface ConnectionStats {
  /** Requests taken from it. */
  requests: number
  bytesRead: number
  bytesWritten: number
  /** Since it was accepted. */
  durationMs: number
  /** Requests that wait for the handler. */
  inFlight: number
  /** Bytes that are ready to leave, or held behind an earlier response. */
  unsentBytes: number
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
  inFlightBytes: number
  responsesDropped: number
  pushed: number
  pushesDropped: number
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

/** The designs that `startServer` knows. `docs/architectures/` has a page for each. */
export type ArchitectureName =
  | 'one-at-a-time'
  | 'thread-per-connection'
  | 'thread-pool'
  | 'processes'
  | 'worker-threads'
  | 'callback'
  | 'coroutine'
  | 'select'
  | 'poll-syscall'
  | 'poll'
  | 'multi-loop'
  | 'loop-and-pool'
  | 'inetd'

/** Options of `startServer`: those of every server, and which one. */
export interface StartOptions<E extends Encoding = 'utf8'> extends ServerOptions<E> {
  /** How sockets, loops and threads are arranged. @default 'poll' */
  architecture?: ArchitectureName
}

/** Options of every server. Ranges and defaults are the table in `options.ts`. */
export interface ServerOptions<E extends Encoding = 'utf8'> {
  /** Address or name to listen on. @default '127.0.0.1' */
  host?: string
  /** 0 to 65,535; 0 lets the system pick. @default 1060 */
  port?: number
  /** Connections that may wait to be accepted. @default 4096 */
  backlog?: number
  /** Event loops, one thread each. The JavaScript engine has one. @default 1 */
  loops?: number
  /**
   * Threads or processes that serve, in the designs that have several; others refuse it.
   * @default the design's own
   */
  workers?: number
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
  handler?: Handler<NoInfer<E>>
  /**
   * A module whose default export is the handler, instead of `handler`: its path (from the working
   * directory) or URL. Designs with workers in JavaScript import it there. @default none
   */
  handlerModule?: string | URL
  /** Handlers by the beginning of the request, before `handler`. @default none */
  routes?: Routes<NoInfer<E>>
  /** How requests become text and text that is returned or sent becomes bytes. @default 'utf8' */
  encoding?: E
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
  /** Bytes of the requests that may wait for the handler, all together. @default 67108864 */
  inFlightBytesMax?: number
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

/** Which limit of the server is reached, so that it makes peers wait or refuses them. */
export type OverloadReason =
  /** `inFlightServerMax` or `inFlightBytesMax`: some connections are not read. Ends at the half. */
  | 'in-flight'
  /** `connectionsMax`: new connections are refused. Ends once a tenth is free. */
  | 'connections'

/** The events of a server, with their arguments. Requests and responses are as `encoding` says. */
export interface ServerEvents<E extends Encoding = Encoding> {
  /** A peer connected. */
  connection: [connection: Connection]
  /** A request was taken, the connection's `number`th (from 1), whoever answers it. */
  request: [connection: Connection, request: Decoded<E>, number: number]
  /**
   * There is a response to the `number`th request, without the suffix, whoever gave it. It leaves
   * after those to earlier requests.
   */
  response: [connection: Connection, response: Decoded<E>, number: number]
  /** A connection ended. */
  close: [connection: Connection, summary: ConnectionSummary]
  /** Something failed and the server carries on; never thrown where nobody listens. */
  error: [error: Error]
  /** A limit of the whole server is reached. */
  overload: [reason: OverloadReason]
  /** The server is well below that limit again. */
  overloadEnd: [reason: OverloadReason, durationMs: number]
}

/** One event, as `server.events()` gives it. */
export type ServerEvent<E extends Encoding = Encoding> =
  | { type: 'connection'; connection: Connection }
  | { type: 'request'; connection: Connection; request: Decoded<E>; number: number }
  | { type: 'response'; connection: Connection; response: Decoded<E>; number: number }
  | { type: 'close'; connection: Connection; summary: ConnectionSummary }
  | { type: 'error'; error: Error }
  | { type: 'overload'; reason: OverloadReason }
  | { type: 'overloadEnd'; reason: OverloadReason; durationMs: number }
  /** This reader was too slow: so many events before the next one are lost to it. */
  | { type: 'dropped'; count: number }

/** What `server.events()` takes. */
export interface EventsOptions {
  /** The events that are wanted. @default all */
  only?: readonly (keyof ServerEvents)[]
  /** Events that may wait for the reader; later ones are dropped. @default 65536 */
  queuedMax?: number
  /** Aborting it ends the events. @default none */
  signal?: AbortSignal
}

/** Whom `server.broadcast()` reaches. */
export interface BroadcastOptions {
  /** The members of this group. @default every connection */
  to?: string
}
