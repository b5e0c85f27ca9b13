/**
 * The simplest server that there is: accept, serve to the end, accept the next.
 *
 * A client that says nothing keeps all others waiting; that is its lesson. The engine's part is
 * `crate/engine/src/blocking`.
 */

import { startNative } from '../native-driver.ts'
import type { Architecture } from './architecture.ts'

/** One thread that blocks on one client. */
export const oneAtATime: Architecture = {
  name: 'one-at-a-time',
  summary: 'one blocking thread: a client is served to its end, then the next',
  start: (settings, observer) =>
    startNative({ name: 'one-at-a-time', replacesThreads: true }, settings, observer),
}
