/**
 * Waits for conditions, woken by events instead of by a clock.
 *
 * Whoever changes something calls `notify`; whoever needs something waits until it is so. The time
 * limit only keeps a failed test from hanging; no verdict depends on it.
 */

const WAIT_MS_MAX = 20_000

export class Changes {
  #listeners = new Set<() => void>()

  /** Something changed: look again. */
  notify(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  /** Resolves once `isSo`; rejects naming `what` if that never is, or with what `isSo` throws. */
  until(isSo: () => boolean, what: () => string): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer)
        this.#listeners.delete(look)
      }
      const fail = (error: unknown): void => {
        settle()
        reject(error)
      }
      const look = (): void => {
        try {
          if (!isSo()) return
          settle()
          resolve()
        } catch (error) {
          fail(error)
        }
      }
      const timer = setTimeout(() => fail(new Error(`waited in vain ${what()}`)), WAIT_MS_MAX)
      this.#listeners.add(look)
      look()
    })
  }
}
