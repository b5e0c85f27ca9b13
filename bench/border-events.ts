/** Holds the events that listeners were told of against the counters of their server. */

import { setTimeout as wait } from 'node:timers/promises'
import type { Faults } from './faults.ts'
import type { RunningServer } from './servers.ts'

const STEP_MS = 20
const PATIENCE_MS = 5000

/** What became of the events of a server. */
export interface EventAccount {
  delivered: number
  dropped: number
  /** How many there were, by the server's other counters. */
  produced: number
}

/** The account, once it is even, or after five seconds. */
export async function settledAccount(server: RunningServer): Promise<EventAccount> {
  for (let waitedMs = 0; ; waitedMs += STEP_MS) {
    const account: EventAccount = JSON.parse(await server.ask('report'))
    if (unaccounted(account) === 0 || waitedMs >= PATIENCE_MS) return account
    await wait(STEP_MS)
  }
}

/** Events that were neither delivered nor counted as dropped, or of which there are too many. */
export function unaccounted({ delivered, dropped, produced }: EventAccount): number {
  return Math.abs(produced - delivered - dropped)
}

/** The faults of a server's account; it is printed. */
export async function missingEvents(server: RunningServer): Promise<Faults> {
  const account = await settledAccount(server)
  console.log(`\n${server.label}: events ${JSON.stringify(account)}`)
  return { wrong: 0, lost: 0, missing: unaccounted(account) }
}
