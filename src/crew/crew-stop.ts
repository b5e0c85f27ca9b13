/** How a crew stops: until when, who is killed after that, and what came of it. */

import type { StopSummary } from '../types.ts'

/** How long after the deadline a member may take to come to its end. */
const KILL_AFTER_MS = 1000

/** The stop of one crew, before it began too. */
export class CrewStop {
  /** Resolves when it is complete. */
  readonly done: Promise<StopSummary>
  readonly #kill: () => void
  readonly #summary: StopSummary = { drained: 0, cut: 0 }
  #resolve: (summary: StopSummary) => void = () => {}
  #due = Number.POSITIVE_INFINITY
  #killTimer: NodeJS.Timeout | undefined
  #isKilling = false
  #isRef = true

  /** `kill` is called when members had all the time that they may have. */
  constructor(kill: () => void) {
    this.#kill = kill
    this.done = new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  get isBegun(): boolean {
    return this.#due < Number.POSITIVE_INFINITY
  }

  /** Whether members that end now were killed. */
  get isKilling(): boolean {
    return this.#isKilling
  }

  /** Until the deadline. */
  get msLeft(): number {
    return Math.max(0, this.#due - performance.now())
  }

  /** Begins it, or brings its deadline nearer; whether it is nearer than before. */
  begin(drainMsMax: number): boolean {
    const due = performance.now() + drainMsMax
    if (due >= this.#due) return false
    this.#due = due
    clearTimeout(this.#killTimer)
    this.#killTimer = setTimeout(() => {
      this.#isKilling = true
      this.#kill()
    }, drainMsMax + KILL_AFTER_MS)
    if (!this.#isRef) this.#killTimer.unref()
    return true
  }

  /** So many more connections. */
  count({ drained, cut }: StopSummary): void {
    this.#summary.drained += drained
    this.#summary.cut += cut
  }

  /** All members have ended. */
  complete(): void {
    clearTimeout(this.#killTimer)
    this.#resolve({ ...this.#summary })
  }

  setRef(isRef: boolean): void {
    this.#isRef = isRef
    if (isRef) this.#killTimer?.ref()
    else this.#killTimer?.unref()
  }
}
