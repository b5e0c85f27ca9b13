/** Random numbers that a seed repeats (mulberry32). */

/** Numbers from 0 up to `below`, without it. */
export type Random = (below: number) => number

/** The seed of this run: `SEED` of the environment, or a new one. Tests print it. */
export function newSeed(): number {
  return Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32))
}

/** A generator of its own. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  return below => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
