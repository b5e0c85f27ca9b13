/**
 * One timer that follows a deadline which mostly moves away: it is armed anew only for an earlier
 * one, and looks again when it fires too early.
 */

/** The timer of one peer. Times are those of `performance.now`. */
export class DeadlineTimer {
  readonly #expire: () => void
  #isRef: boolean
  #timer: NodeJS.Timeout | undefined
  #due = Number.POSITIVE_INFINITY

  /** `expire` is told when a deadline may have passed. */
  constructor(expire: () => void, isRef: boolean) {
    this.#expire = expire
    this.#isRef = isRef
  }

  /** Arms the timer where it would be late. */
  follow(deadline: number): void {
    if (deadline >= this.#due) return
    clearTimeout(this.#timer)
    this.#due = deadline
    const delayMs = Math.max(1, Math.ceil(deadline - performance.now()))
    // Timers run before the poll: what arrived while the loop was busy is read before that.
    this.#timer = setTimeout(() => setImmediate(() => this.#fire()), delayMs)
    if (!this.#isRef) this.#timer.unref()
  }

  /** Whether it keeps the process alive. */
  setRef(isRef: boolean): void {
    this.#isRef = isRef
    if (isRef) this.#timer?.ref()
    else this.#timer?.unref()
  }

  clear(): void {
    clearTimeout(this.#timer)
  }

  #fire(): void {
    this.#due = Number.POSITIVE_INFINITY
    this.#expire()
  }
}
