/** Open connections, counted in memory that all members share. */

import type { Doorkeeper } from '../js-driver.ts'
import type { OpenTogether } from './messages.ts'

/**
 * Lets in as long as all together have fewer than this. What one member counted is in a cell of its
 * own as well, so that its leader can give it back when the member dies.
 */
export function countTogether(
  { all, own }: OpenTogether,
  connectionsMax: number,
  refused: () => void,
): Doorkeeper {
  return {
    admit: () => {
      if (Atomics.add(all, 0, 1) < connectionsMax) {
        Atomics.add(own, 0, 1)
        return true
      }
      Atomics.sub(all, 0, 1)
      refused()
      return false
    },
    leave: () => {
      Atomics.sub(own, 0, 1)
      Atomics.sub(all, 0, 1)
    },
  }
}
