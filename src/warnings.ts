/** Makes process warnings of errors that nobody listens to, not more often than can be read. */

import type { LancelotError } from './errors.ts'

/** Warnings of one server come at most this often. */
const WARNING_MS_MIN = 1000

/** The warnings of one server. */
export class Warnings {
  #warnedMs = Number.NEGATIVE_INFINITY
  #unwarnedCount = 0

  /** Warns of an error; or counts it, for the next warning to tell. */
  warn({ code, message }: LancelotError): void {
    const nowMs = performance.now()
    if (nowMs - this.#warnedMs < WARNING_MS_MIN) {
      this.#unwarnedCount += 1
      return
    }
    const more = this.#unwarnedCount > 0 ? `${this.#unwarnedCount} more before it; ` : ''
    const detail = `${more}listen to 'error' to handle it`
    process.emitWarning(message, { type: 'LancelotWarning', code, detail })
    this.#warnedMs = nowMs
    this.#unwarnedCount = 0
  }
}
