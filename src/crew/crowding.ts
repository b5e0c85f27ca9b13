/** Whether any member has as many requests in flight as it may: told once for all of them. */

import type { OverloadObserver } from '../overload.ts'

/** The `in-flight` overload of a crew: from the first member that has no room to the last. */
export class Crowding {
  readonly #observer: OverloadObserver
  #crowdedCount = 0
  #sinceMs = 0

  constructor(observer: OverloadObserver) {
    this.#observer = observer
  }

  /** One member has no room, or has it again. */
  change(isCrowded: boolean): void {
    this.#crowdedCount += isCrowded ? 1 : -1
    const now = performance.now()
    if (isCrowded && this.#crowdedCount === 1) {
      this.#sinceMs = now
      this.#observer.overloaded('in-flight')
    } else if (!isCrowded && this.#crowdedCount === 0) {
      this.#observer.relieved('in-flight', now - this.#sinceMs)
    }
  }
}
