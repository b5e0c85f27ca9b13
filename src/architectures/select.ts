/**
 * The oldest way to wait for many: a bit for each descriptor, handed over and walked each time.
 *
 * The loop is that of `poll`, and so is everything else; `select_syscall.rs` is what differs. A
 * connection whose descriptor is 1024 or more is refused.
 */

import { startNative } from '../native-driver.ts'
import type { Architecture } from './architecture.ts'

/** What `select(2)` costs, beside `poll`. */
export const select: Architecture = {
  name: 'select',
  summary: 'one native loop on select(2): 1,024 descriptors and no more',
  start: (settings, observer) => startNative({ name: 'select' }, settings, observer),
}
