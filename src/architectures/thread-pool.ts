/**
 * Some threads that share a listener; each blocks on the client that it took, and the others wait.
 *
 * One that fails is replaced. The engine's part is `crate/engine/src/blocking`.
 */

import { startNative } from '../native-driver.ts'
import type { Architecture } from './architecture.ts'

/** Enough to see that a fifth client waits. */
const DEFAULT_WORKERS = 4

/** As many clients at a time as workers. */
export const threadPool: Architecture = {
  name: 'thread-pool',
  summary: 'a fixed number of blocking native threads that share one listener',
  workers: DEFAULT_WORKERS,
  start: (settings, observer) => {
    const { workers = DEFAULT_WORKERS } = settings
    return startNative({ name: 'thread-pool', workers, replacesThreads: true }, settings, observer)
  },
}
