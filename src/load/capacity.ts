/**
 * The highest rate that a server bears: by doubling, then by halving what is between.
 *
 * Does not know what bearing means: it is told for each rate that it tries.
 */

/** What became of one rate. */
export interface Probe {
  /** Whether the server bore it. */
  passed: boolean
  /** Whether it was the generator that did not. */
  isGenerators: boolean
}

/** What the search found. */
export interface Capacity {
  /** Requests a second; null where not even the lowest rate passed. */
  rate: number | null
  /** Whether the next higher rate failed by the generator's fault: the server may bear more. */
  isGenerators: boolean
}

/** How to search. */
export interface CapacitySearch {
  /** The first rate to try. */
  start: number
  /** How far apart the first rates are, as a factor. It grows while the search goes on. */
  step: number
  /** The search ends when two rates with different results are at most this factor apart. */
  fineness: number
  rateMin?: number
  rateMax?: number
}

const STEP_MAX = 4

/** Searches with as many probes as it takes; those are few, since steps grow and halve. */
export async function searchCapacity(
  probe: (rate: number) => Promise<Probe>,
  { start, step, fineness, rateMin = 20, rateMax = 2_000_000 }: CapacitySearch,
): Promise<Capacity> {
  const first = Math.min(Math.max(start, rateMin), rateMax)
  let last = await probe(first)
  let [low, high] = last.passed ? [first, Number.NaN] : [Number.NaN, first]
  let isGenerators = !last.passed && last.isGenerators
  for (let factor = step; Number.isNaN(low) || Number.isNaN(high); factor = wider(factor)) {
    if (high <= rateMin) return { rate: null, isGenerators }
    if (low >= rateMax) return { rate: low, isGenerators: true }
    const rate = last.passed ? Math.min(low * factor, rateMax) : Math.max(high / factor, rateMin)
    const isUpward = last.passed
    const found = await probe(rate)
    if (found.passed) low = rate
    else {
      high = rate
      isGenerators = found.isGenerators
    }
    if (found.passed !== isUpward) break
    last = found
  }
  while (high / low > fineness) {
    const middle = Math.sqrt(low * high)
    const found = await probe(middle)
    if (found.passed) low = middle
    else {
      high = middle
      isGenerators = found.isGenerators
    }
  }
  return { rate: low, isGenerators }
}

function wider(factor: number): number {
  return Math.min(factor * factor, STEP_MAX)
}
