/** Replaces members of a crew, or threads of a pool, that have died: at most one a second. */

/** The least time between two of them. */
const REPLACE_MS = 1000

/** Those that are missing. */
export class Replacements {
  readonly #replace: () => void
  #missing = 0
  #replacedMs = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #isRef = true
  #isEnded = false

  /** `replace` starts another one. */
  constructor(replace: () => void) {
    this.#replace = replace
  }

  /** One more is missing. */
  add(): void {
    this.#missing += 1
    this.#plan()
  }

  /** Whether waiting for the next one keeps the process alive. */
  setRef(isRef: boolean): void {
    this.#isRef = isRef
    if (isRef) this.#timer?.ref()
    else this.#timer?.unref()
  }

  /** Replaces nobody any more. */
  end(): void {
    this.#isEnded = true
    clearTimeout(this.#timer)
  }

  #plan(): void {
    if (this.#timer !== undefined || this.#isEnded) return
    const delayMs = Math.max(0, this.#replacedMs + REPLACE_MS - performance.now())
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#replacedMs = performance.now()
      this.#missing -= 1
      this.#replace()
      if (this.#missing > 0) this.#plan()
    }, delayMs)
    if (!this.#isRef) this.#timer.unref()
  }
}
