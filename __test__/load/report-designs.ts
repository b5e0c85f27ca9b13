/** The designs that `report-run.ts` makes up runs of, and the chance they are made up by. */

import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js'
import type { LimiterRecord } from '../../src/load/run-file.ts'

/** A made-up design: what a request costs it, alone and for each connection. */
export interface Design {
  name: string
  summary: string
  costUs: number
  perConnectionUs: number
  limiter: LimiterRecord['limiter']
  fault?: string
}

export const DESIGNS: readonly Design[] = [
  ['poll', 'native event loop', 2.9, 0, 'server system'],
  ['multi-loop', 'several native event loops', 2.92, 0, 'server system'],
  ['poll-syscall', 'the system call poll itself', 3.6, 0.004, 'server system'],
  ['callback', 'node:net with callbacks', 9.4, 0, 'js thread'],
  ['thread-pool', 'workers that share a listener', 5.1, 0, 'lock'],
  ['asyncio', 'Python 3, asyncio streams', 31, 0, 'server user'],
].map(([name, summary, costUs, perConnectionUs, limiter]) => ({
  name: String(name),
  summary: String(summary),
  costUs: Number(costUs),
  perConnectionUs: Number(perConnectionUs),
  limiter: limiter as LimiterRecord['limiter'],
}))

export const FAULTY: readonly Design[] = [
  {
    name: 'textbook-poll',
    summary: 'the poll loop of the textbook, with its fault',
    costUs: 34,
    perConnectionUs: 0.1,
    limiter: 'server user',
    fault: 'churn: 312 of 1,304 conversations lost their connection to a descriptor used again',
  },
  {
    name: 'textbook-single',
    summary: 'one client at a time, as in the textbook',
    costUs: 12,
    perConnectionUs: 0,
    limiter: 'none',
    fault: 'two in a packet: one error instead of two answers',
  },
]

/** As many as the gallery and its peers have together. */
export const MANY: readonly Design[] = Array.from({ length: 18 }, (_, index) => {
  const like = DESIGNS[index % DESIGNS.length]
  if (!like) throw new Error('there are no designs')
  const turn = Math.floor(index / DESIGNS.length)
  const name = turn === 0 ? like.name : `${like.name}-with-${turn}-more`
  return { ...like, name, costUs: like.costUs * (1 + turn / 3) }
})

export const MISTAKES: readonly string[] = [
  'vanish',
  'reset',
  'half-close',
  'unknown',
  'two in a packet',
  'split at every byte',
  'slow reader',
  'too long',
  'idle crowd',
  'churn',
]
export const USERS: readonly number[] = [1, 2, 3, 5, 7, 10, 13, 16, 20]

/** Numbers between 0 and 1 that a seed gives: mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export type Random = () => number

export function about(value: number, share: number, random: Random): number {
  return value * (1 + share * (random() + random() - 1))
}

/** A histogram of made-up response times with a long tail. */
export function times(p50Us: number, count: number, random: Random): string {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 6e10,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 64,
  })
  const samples = 3000
  for (let index = 0; index < samples; index++) {
    const tail = random() ** -0.35
    const value = Math.round(p50Us * 780 * tail * about(1, 0.2, random))
    histogram.recordValueWithCount(Math.min(value, 6e10), Math.ceil(count / samples))
  }
  return encodeIntoCompressedBase64(histogram)
}
