/**
 * The cycles, as FunkLoad has them: more and more users, each of whom connects, asks ten questions
 * and leaves, over and over. What happens until all users are there is not counted.
 */

import type { Contestant } from './contestants.ts'
import type { RunResult } from './load-protocol.ts'
import { SERVER_CORE } from './machine.ts'
import { untilAtRest } from './process-tree.ts'
import type { CycleRecord } from './run-file.ts'
import { startServerProcess } from './server-process.ts'
import type { Session } from './session.ts'
import { runClosed, warmUp } from './slices.ts'

const QUESTIONS = 10
/** Users of each cycle: those of the book's run of FunkLoad. */
export const CYCLES: readonly number[] = [1, 2, 3, 5, 7, 10, 13, 16, 20]

/** Runs all cycles of one contestant, on a server of its own. */
export async function measureCycles(
  { generator, settings, slices }: Session,
  contestant: Contestant,
): Promise<CycleRecord[]> {
  const server = await startServerProcess(contestant, { core: SERVER_CORE })
  try {
    const target = { contestant, server }
    await warmUp(generator, target, settings, slices.startMs)
    const records: CycleRecord[] = []
    for (const users of CYCLES) {
      await untilAtRest(server.pid)
      const load = { users, depth: 1, questions: QUESTIONS }
      const result = await runClosed(generator, target, load, slices.cycle)
      records.push(recordOf(contestant.name, users, result))
    }
    return records
  } finally {
    await server.stop()
  }
}

function recordOf(name: string, users: number, result: RunResult): CycleRecord {
  const { ok, connectionsPeak, serviceTimes, sendLags, connectTimes, ...rest } = result
  const { p999Us, maxUs, sendLagP99Us, ...kept } = rest
  return { name, users, rate: result.right / (result.wallUs / 1e6), ...kept }
}
