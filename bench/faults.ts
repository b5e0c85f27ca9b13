/** What did not come as it should, in the benchmark's words; any of it makes a run end with 1. */

import type { Counts } from '../src/load/load-protocol.ts'

/** Answers, pushes or events that did not come as they should. */
export interface Faults {
  /** Answers that differ from what was asked for. */
  wrong: number
  /** Answers still owed when the server ended the connection, or did not take it. */
  lost: number
  /** Answers that had not come when the generator stopped waiting. */
  missing: number
}

/** What the generator counts when it measures, or holds connections. */
type Counted = Pick<Counts, 'wrong' | 'lost' | 'refused' | 'unanswered'> & {
  late?: number
  usersWaiting?: number
}

/** The faults in a result. Under a closed load some requests are always under way at its end. */
export function faultsOf(result: Counted): Faults {
  const { wrong, lost, refused, unanswered, late = 0, usersWaiting = unanswered } = result
  return { wrong, lost: lost + refused, missing: late + usersWaiting }
}

/** The faults of several results together. */
export function sumFaults(results: readonly Faults[]): Faults {
  const sum: Faults = { wrong: 0, lost: 0, missing: 0 }
  for (const { wrong, lost, missing } of results) {
    sum.wrong += wrong
    sum.lost += lost
    sum.missing += missing
  }
  return sum
}

/** Whether any answer did not come as it should. */
export function isFaulty({ wrong, lost, missing }: Faults): boolean {
  return wrong + lost + missing > 0
}
