/**
 * Which limits of a native server are reached: what its loops tell of theirs, put together.
 *
 * A server is overloaded while any of its loops is.
 */

import type { OverloadObserver } from './overload.ts'
import type { OverloadReason } from './types.ts'

/** By the numbers that the engine gives them. */
const REASONS: readonly OverloadReason[] = ['in-flight', 'connections']

/** The loops' clocks are 32 bits of ms. */
const CLOCK = 2 ** 32

/** The overloads of one server. */
export class Overloads {
  readonly #loops = REASONS.map(() => 0)
  readonly #sinceMs = REASONS.map(() => 0)
  readonly #observer: OverloadObserver

  constructor(observer: OverloadObserver) {
    this.#observer = observer
  }

  /** A loop says that it is overloaded, or no more, at this time of its clock. */
  tell(number: number, begins: boolean, atMs: number): void {
    const reason = REASONS[number] as OverloadReason
    const before = this.#loops[number] as number
    const loops = before + (begins ? 1 : -1)
    this.#loops[number] = loops
    if (before === 0 && loops === 1) {
      this.#sinceMs[number] = atMs
      this.#observer.overloaded(reason)
    } else if (before === 1 && loops === 0) {
      this.#observer.relieved(reason, (atMs - (this.#sinceMs[number] as number) + CLOCK) % CLOCK)
    }
  }
}
