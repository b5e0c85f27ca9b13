/**
 * Whether a limit of a whole JavaScript server is reached, and since when.
 *
 * Only tells of it; what peers then wait for is the connection's and the architecture's. Between
 * its beginning and its end lies some room, so that it does not begin and end with every request.
 */

import type { ServerSettings } from './options.ts'
import type { OverloadReason, Stats } from './types.ts'

/** Who is told. */
export interface OverloadObserver {
  overloaded(reason: OverloadReason): void
  relieved(reason: OverloadReason, durationMs: number): void
}

/** The overload of one server. */
export class Overload {
  readonly #settings: ServerSettings
  readonly #stats: Stats
  readonly #observer: OverloadObserver
  /** When each that lasts began. */
  readonly #sinceMs = new Map<OverloadReason, number>()

  /** `stats` are the counters of the server, as they change. */
  constructor(settings: ServerSettings, stats: Stats, observer: OverloadObserver) {
    this.#settings = settings
    this.#stats = stats
    this.#observer = observer
  }

  /** The limit was reached just now, perhaps again. */
  begin(reason: OverloadReason): void {
    if (this.#sinceMs.has(reason)) return
    this.#sinceMs.set(reason, performance.now())
    this.#observer.overloaded(reason)
  }

  /** Ends what is over: the counters may have gone down. `waiting` connections wait for room. */
  check(waiting: number): void {
    for (const [reason, sinceMs] of this.#sinceMs) {
      if (!this.#isOver(reason, waiting)) continue
      this.#sinceMs.delete(reason)
      this.#observer.relieved(reason, performance.now() - sinceMs)
    }
  }

  #isOver(reason: OverloadReason, waiting: number): boolean {
    const { inFlight, inFlightBytes, open } = this.#stats
    const { inFlightServerMax, inFlightBytesMax, connectionsMax } = this.#settings
    if (reason === 'connections') return open <= Math.floor((connectionsMax * 9) / 10)
    if (waiting > 0) return false
    return inFlight * 2 <= inFlightServerMax && inFlightBytes * 2 <= inFlightBytesMax
  }
}
