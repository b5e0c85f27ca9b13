/**
 * What a pool and its threads say to each other: requests to threads in batches, what becomes of
 * each back by itself, so that no response waits behind a handler that blocks.
 *
 * **Claims.** A request that was posted to a thread may be withdrawn as long as its handler was not
 * called: it has a slot in memory that both share, where its ticket stands. The thread puts
 * `CLAIMED` there before it calls the handler, the pool `FREE` to take it back; whoever finds the
 * ticket still there has it. A ticket is never used again while an old message may name it.
 *
 * **Bounds.** The message of a request that was withdrawn still waits at a thread that blocks. So a
 * thread counts in shared memory what it has taken, and is given no more while `UNTAKEN_MAX`
 * messages, or `UNTAKEN_BYTES_MAX` bytes of them, wait for it. A thread whose pool sleeps sends at
 * most `PUSH_BYTES_MAX` that are not replied to.
 */

import type { CloseCode } from '../errors.ts'
import type { Encoding } from '../types.ts'
import type { Introduction, Latin1, PackedError, PackedRequest, Reply } from './messages.ts'

export const FREE = 0
export const CLAIMED = -1
/** How many requests one thread may have: each has a slot. */
export const SLOTS = 1024

/** Requests that were posted to a thread and not taken by it, withdrawn ones too. */
export const UNTAKEN_MAX: number = 2 * SLOTS
/** Bytes of them; passed by one. */
export const UNTAKEN_BYTES_MAX: number = 16 * 1024 * 1024
/** Bytes of pushes of one thread that were not replied to. */
export const PUSH_BYTES_MAX: number = 64 * 1024 * 1024

/** What a thread counts, by its place in shared memory; modulo 2 ** 32. */
export const COUNTS = { taken: 0, takenBytes: 1, pushesRefused: 2 } as const

/** What a thread is started with. */
export interface PoolStart {
  readonly handlerModule: string
  readonly encoding: Encoding
  readonly answerBytesMax: number
  readonly claims: Int32Array
  readonly counts: Int32Array
}

/** A request for the handler. */
export type PoolRequest = readonly [
  kind: 'ask',
  ticket: number,
  slot: number,
  request: PackedRequest,
  connection: Introduction,
]

/** From the pool to a thread. */
export type PoolCommand = PoolRequest | readonly ['replied', ticket: number, Reply]

/** What a handler may want of a connection. */
export type ConnectionAct = 'close' | 'pause' | 'resume' | 'send' | 'join' | 'leave' | 'stats'

/** From a thread to the pool. */
export type PoolReport =
  | readonly ['ready']
  | readonly ['unfit', PackedError]
  /** It has taken requests that were withdrawn, and has room. */
  | readonly ['passed']
  | readonly ['answered', ticket: number, response: Latin1]
  | readonly ['ended', ticket: number, code: CloseCode, PackedError | undefined]
  /** `ticket` is the thread's own; `close`, `pause` and `resume` are not replied to. */
  | readonly ['act', id: number, act: ConnectionAct, ticket: number, argument: string | undefined]
