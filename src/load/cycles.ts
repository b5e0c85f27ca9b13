/**
 * The cycles, as FunkLoad has them: more and more users, each of whom connects, asks ten questions
 * and leaves, over and over. What happens until all users are there is not counted.
 */

import { FUNKLOAD_CYCLES, FUNKLOAD_QUESTIONS } from './bench-plan.ts'
import type { Contestant } from './contestants.ts'
import type { RunResult } from './load-protocol.ts'
import type { CycleRecord } from './run-file.ts'
import type { Session } from './session.ts'
import { rightPerSecond, runClosed } from './slices.ts'
import { withWarmServer } from './warm-server.ts'

/** Runs all cycles of one contestant, on a server of its own. */
export function measureCycles(session: Session, contestant: Contestant): Promise<CycleRecord[]> {
  return withWarmServer(session, contestant, async running => {
    const records: CycleRecord[] = []
    for (const users of FUNKLOAD_CYCLES) {
      const load = { users, depth: 1, questions: FUNKLOAD_QUESTIONS }
      const result = await runClosed(session.generator, running, load, session.slices.cycle)
      records.push(recordOf(contestant.name, users, result))
    }
    return records
  })
}

function recordOf(name: string, users: number, result: RunResult): CycleRecord {
  const { ok, connectionsPeak, serviceTimes, sendLags, connectTimes, ...rest } = result
  const { p999Us, maxUs, sendLagP99Us, ...kept } = rest
  return { name, users, rate: rightPerSecond(result), ...kept }
}
