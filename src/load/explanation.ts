/**
 * What explains the designs beside the verdicts: the cycles, the growth, the limiters.
 *
 * Given up for want of time before the blocks are: verdicts are what people came for.
 */

import type { Contestant } from './contestants.ts'
import { measureCycles } from './cycles.ts'
import { measureGrowth } from './growth.ts'
import { findLimiter } from './limiter.ts'
import type { CycleRecord, GrowthRecord, LimiterRecord } from './run-file.ts'
import { isTargetFault } from './server-process.ts'
import type { Session } from './session.ts'

/** Of all the time, what may have passed when another part is begun. */
const ELAPSED_SHARE_MAX = 0.4

export interface Explained {
  cycles: CycleRecord[]
  growth: GrowthRecord[]
  limiters: LimiterRecord[]
}

/** Measures all of it, design by design, while there is time. */
export async function explain(
  session: Session,
  contestants: readonly Contestant[],
  isQuick: boolean,
): Promise<Explained> {
  const explained: Explained = { cycles: [], growth: [], limiters: [] }
  const timeMsMax = session.settings.minutesMax * 60_000 * ELAPSED_SHARE_MAX
  for (const contestant of contestants) {
    const { name } = contestant
    if (session.elapsedMs() > timeMsMax) {
      session.note(`cycles, growth and limiter of ${name} are left out for want of time`)
      continue
    }
    try {
      await explainOne(session, contestant, isQuick, explained)
    } catch (error) {
      // It was right before; if it does so again, the blocks will say it.
      if (!isTargetFault(error)) throw error
      session.note(error.message)
    }
  }
  return explained
}

async function explainOne(
  session: Session,
  contestant: Contestant,
  isQuick: boolean,
  { cycles, growth, limiters }: Explained,
): Promise<void> {
  const { name } = contestant
  session.tell(`cycles: ${name}`)
  cycles.push(...(await measureCycles(session, contestant)))
  session.tell(`growth: ${name}`)
  growth.push(...(await measureGrowth(session, contestant, isQuick)))
  session.tell(`limiter: ${name}`)
  limiters.push(await findLimiter(session, contestant))
}
