/**
 * The flagship with a loop for each core. The first accepts, and hands connections to all in turn.
 *
 * `workers` says how many loops.
 */

import { availableParallelism } from 'node:os'
import { startNative } from '../native-driver.ts'
import { rangeError } from '../option-table.ts'
import type { Architecture } from './architecture.ts'

const LOOPS_MAX = 64
/** One alone would be `poll`. */
const DEFAULT_WORKERS: number = Math.min(LOOPS_MAX, Math.max(2, availableParallelism()))

/** Several loops, one thread each. */
export const multiLoop: Architecture = {
  name: 'multi-loop',
  summary: 'several native event loops, by default one for each core',
  workers: DEFAULT_WORKERS,
  start: async (settings, observer) => {
    const { loops, workers = DEFAULT_WORKERS } = settings
    if (loops !== 1) throw rangeError('loops', String(loops), '1: here workers says how many')
    return startNative({ name: 'poll', loops: workers }, settings, observer)
  },
}
