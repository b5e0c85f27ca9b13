/**
 * Every client has a thread of its own, which blocks on it. The engine's part is
 * `crate/engine/src/blocking`.
 */

import { startNative } from '../native-driver.ts'
import type { Architecture } from './architecture.ts'

/** As many threads as clients. */
export const threadPerConnection: Architecture = {
  name: 'thread-per-connection',
  summary: 'a blocking native thread for every client',
  start: (settings, observer) =>
    startNative({ name: 'thread-per-connection', replacesThreads: true }, settings, observer),
}
