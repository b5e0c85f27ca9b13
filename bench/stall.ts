/**
 * A stop of one second under an open load, against what arithmetic says of it.
 *
 * The server is the generator's own, on the servers' core: it answers at once, but stops for S
 * seconds. Of requests at an even rate for T seconds, the share (S - x) / T then waits longer than x,
 * so p99 is S - 0.01 T. A generator that waited for answers before it asked again would see one.
 */

import { startGenerator, startSynthetic } from '../src/load/generator.ts'
import { LOAD_CORE, pinned, SERVER_CORE } from '../src/load/machine.ts'

const STALL_MS = 1000
const STALL_AT_MS = 2000
const RATE = 2000
const CONNECTIONS = 50
const ERROR_MAX = 0.05

/** One planted stop. */
export interface StallResult {
  arrivals: 'constant' | 'poisson'
  measureMs: number
  theoryUs: number
  p99Us: number
  /** (measured - theory) / theory */
  error: number
  isWithin: boolean
  /** Requests that were not answered rightly and in time; 0 is expected. */
  faults: number
}

/** Plants a stop and measures. `measureMs` has to be longer than the stop and what is before it. */
export async function measureStall(
  arrivals: StallResult['arrivals'],
  measureMs: number,
  seed: number,
): Promise<StallResult> {
  const server = await startSynthetic(
    { stallAtMs: STALL_AT_MS, stallMs: STALL_MS },
    pinned(SERVER_CORE, []),
  )
  try {
    const generator = await startGenerator(LOAD_CORE)
    try {
      const { p99Us, due, right } = await generator.run({
        shape: 'run',
        port: server.port,
        pid: server.pid,
        model: { kind: 'open', rate: RATE, arrivals, connections: CONNECTIONS },
        measureMs,
        seed,
      })
      const theoryUs = (STALL_MS - 0.01 * measureMs) * 1000
      const error = (p99Us - theoryUs) / theoryUs
      const isWithin = Math.abs(error) <= ERROR_MAX
      return { arrivals, measureMs, theoryUs, p99Us, error, isWithin, faults: due - right }
    } finally {
      await generator.stop()
    }
  } finally {
    await server.stop()
  }
}
