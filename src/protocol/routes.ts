/**
 * Which handler a request is for: the one of the longest prefix that fits, or the default.
 *
 * Knows neither what a handler is nor what a prefix may be, which `options.ts` has checked.
 * Read-only after it was made.
 *
 * Invariant: `#prefixes` is sorted, and `parent` of each is the longest other prefix that it begins
 * with.
 */

import type { Route } from '../options.ts'

/** The number of the handler that takes what no prefix fits. */
export const DEFAULT_ROUTE = 0

interface Prefix {
  /** As latin1 text, which loses nothing and sorts as its bytes do. */
  readonly text: string
  readonly route: number
  parent: Prefix | undefined
}

/** The prefixes of one server. */
export class Routes {
  readonly #prefixes: readonly Prefix[]
  readonly #default: number | undefined

  /** The first of the routes has the number 1. */
  constructor(routes: readonly Pick<Route, 'prefix'>[], handler: unknown) {
    this.#default = handler === undefined ? undefined : DEFAULT_ROUTE
    const prefixes = routes.map(({ prefix }, index): Prefix => {
      return { text: prefix.toString('latin1'), route: index + 1, parent: undefined }
    })
    prefixes.sort((one, other) => (one.text < other.text ? -1 : 1))
    for (const [index, prefix] of prefixes.entries()) {
      prefix.parent = fitting(prefixes[index - 1], prefix.text)
    }
    this.#prefixes = prefixes
  }

  /**
   * Looks up a request by its bytes as latin1 text. The number of the handler to ask; undefined:
   * nobody wants it.
   */
  find(request: string): number | undefined {
    if (this.#prefixes.length === 0) return this.#default
    return fitting(this.#lastUpTo(request), request)?.route ?? this.#default
  }

  /** The last prefix in order that does not come after the request. */
  #lastUpTo(request: string): Prefix | undefined {
    let low = 0
    let high = this.#prefixes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#prefixes[middle] as Prefix).text <= request) low = middle + 1
      else high = middle
    }
    return this.#prefixes[low - 1]
  }
}

/**
 * The longest prefix that fits, given the last one that does not come after the request. It is that
 * one or among its parents, for all that stands between a prefix of a text and the text begins with
 * that prefix.
 */
function fitting(last: Prefix | undefined, request: string): Prefix | undefined {
  let prefix = last
  while (prefix !== undefined && !request.startsWith(prefix.text)) prefix = prefix.parent
  return prefix
}
