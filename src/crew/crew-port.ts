/** What a leader needs of a process or a thread that it starts. */

import type { Socket } from 'node:net'
import type { Command, Report } from './messages.ts'

/** A process or a thread that was started. */
export interface Port {
  /** What it is, for an error. */
  readonly name: string
  post(batch: readonly Command[]): void
  /** Hands over a socket, which is the other's from then on. Absent: it takes none. */
  readonly hand?: ((socket: Socket) => void) | undefined
  kill(): void
  /** Whether it keeps the leader's process alive. */
  setRef(isRef: boolean): void
}

/** What a port tells. */
export interface PortListener {
  heard(batch: readonly Report[]): void
  /** It is gone, and nothing more is heard of it. */
  ended(how: string): void
}

/** Starts a process or a thread; never tells anything before it returned. */
export type Launch = (listener: PortListener, socket: Socket | undefined) => Port
