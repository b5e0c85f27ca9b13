/**
 * The list of all connections, handed to `poll(2)` each time.
 *
 * The loop is that of `poll`, and so is everything else; `poll_syscall.rs` is what differs.
 */

import { startNative } from '../native-driver.ts'
import type { Architecture } from './architecture.ts'

/** What `poll(2)` costs, beside `poll`. */
export const pollSyscall: Architecture = {
  name: 'poll-syscall',
  summary: 'one native loop on poll(2), which looks at every connection each time',
  start: (settings, observer) => startNative({ name: 'poll-syscall' }, settings, observer),
}
