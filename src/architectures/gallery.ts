/** Every architecture, by its name. */

import type { ArchitectureName } from '../types.ts'
import type { Architecture } from './architecture.ts'
import { callback } from './callback.ts'
import { coroutine } from './coroutine.ts'
import { inetd } from './inetd.ts'
import { loopAndPool } from './loop-and-pool.ts'
import { multiLoop } from './multi-loop.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { poll } from './poll.ts'
import { pollSyscall } from './poll-syscall.ts'
import { processes } from './processes.ts'
import { select } from './select.ts'
import { threadPerConnection } from './thread-per-connection.ts'
import { threadPool } from './thread-pool.ts'
import { workerThreads } from './worker-threads.ts'

/** The gallery. */
export const ARCHITECTURES: Readonly<Record<ArchitectureName, Architecture>> = {
  'one-at-a-time': oneAtATime,
  'thread-per-connection': threadPerConnection,
  'thread-pool': threadPool,
  processes,
  'worker-threads': workerThreads,
  callback,
  coroutine,
  select,
  'poll-syscall': pollSyscall,
  poll,
  'multi-loop': multiLoop,
  'loop-and-pool': loopAndPool,
  inetd,
}
