/**
 * The flagship: a native event loop that answers without waking JavaScript.
 *
 * `loops` gives it more of them. JavaScript's side is `native-driver.ts`, the loop `crate/engine`.
 */

import { startNative } from '../native-driver.ts'
import type { Architecture } from './architecture.ts'

/** The system keeps the list of connections, and tells only what changed. */
export const poll: Architecture = {
  name: 'poll',
  summary: 'native event loop on epoll, kqueue or IOCP; JavaScript sleeps',
  start: (settings, observer) =>
    startNative({ name: 'poll', loops: settings.loops }, settings, observer),
}
