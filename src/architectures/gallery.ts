/** Every architecture, by its name. */

import type { ArchitectureName } from '../types.ts'
import type { Architecture } from './architecture.ts'
import { callback } from './callback.ts'
import { poll } from './poll.ts'

/** The gallery. */
export const ARCHITECTURES = {
  callback,
  poll,
} as Readonly<Record<ArchitectureName, Architecture>>
