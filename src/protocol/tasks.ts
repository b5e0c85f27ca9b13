/**
 * What one connection has for its driver to tell: requests and responses, oldest first.
 *
 * Knows nothing of handlers and of who listens; the connection adds only what somebody wants.
 */

import type { Decoded } from '../types.ts'

/** A request for a handler, which answers it under its number, or for who observes requests. */
export interface TakenRequest {
  readonly kind: 'request'
  /** Counts the requests of the connection, from 1. */
  readonly number: number
  readonly request: Decoded
  /** The number of the handler to ask; undefined: it is only observed. */
  readonly route: number | undefined
}

/** A response that is observed, without its suffix. */
export interface ReadyResponse {
  readonly kind: 'response'
  /** That of its request. */
  readonly number: number
  readonly response: Buffer
}

/** One thing to tell. */
export type Task = TakenRequest | ReadyResponse

/** First in, first out. */
export class Tasks {
  #tasks: Task[] = []
  /** How many of them were taken: an array that is long is not shifted quickly. */
  #taken = 0

  add(task: Task): void {
    this.#tasks.push(task)
  }

  take(): Task | undefined {
    const task = this.#tasks[this.#taken]
    if (task === undefined) return undefined
    this.#taken += 1
    if (this.#taken === this.#tasks.length) {
      this.#tasks = []
      this.#taken = 0
    }
    return task
  }
}
