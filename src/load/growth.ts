/**
 * How the cost of a request grows with connections that are merely there, and with pipelining; and
 * what such a connection costs in memory.
 */

import type { Contestant } from './contestants.ts'
import type { RunResult } from './load-protocol.ts'
import type { GrowthRecord } from './run-file.ts'
import type { Session } from './session.ts'
import { type ClosedLoad, closedFaultOf, cpuPerRequestUs, runClosedSurely } from './slices.ts'
import { type Running, withWarmServer } from './warm-server.ts'

const ACTIVE_USERS = 10
const CONNECTIONS: readonly number[] = [10, 100, 1000]
const CONNECTIONS_QUICK: readonly number[] = [10, 100]
/** With fewer, what a heap does of its own accord is more than what connections take. */
const MANY_CONNECTIONS = 1000
const DEPTHS: readonly number[] = [1, 4, 16, 64]

/** Measures both axes of one contestant, each point up to the first that it cannot hold. */
export function measureGrowth(
  session: Session,
  contestant: Contestant,
  isQuick: boolean,
): Promise<GrowthRecord[]> {
  const counts = isQuick ? CONNECTIONS_QUICK : CONNECTIONS
  return withWarmServer(session, contestant, async running => [
    ...(await besideConnections(session, running, counts)),
    ...(await byDepth(session, running)),
  ])
}

async function besideConnections(
  session: Session,
  running: Running,
  counts: readonly number[],
): Promise<GrowthRecord[]> {
  const { name } = running.contestant
  const records: GrowthRecord[] = []
  let fewest: { at: number; bytes: number } | undefined
  for (const at of counts) {
    const load = { users: ACTIVE_USERS, depth: 1, idle: at - ACTIVE_USERS }
    const result = await point(session, running, load, `${at} connections`)
    if (result === undefined) break
    const bytes = result.serverAnonymousBytes
    records.push({
      name,
      axis: 'connections',
      at,
      cpuPerRequestUs: cpuPerRequestUs(result),
      ...(fewest &&
        at >= MANY_CONNECTIONS && {
          bytesPerConnection: Math.round((bytes - fewest.bytes) / (at - fewest.at)),
        }),
    })
    fewest ??= { at, bytes }
  }
  return records
}

async function byDepth(session: Session, running: Running): Promise<GrowthRecord[]> {
  const { name } = running.contestant
  const records: GrowthRecord[] = []
  for (const at of DEPTHS) {
    const load = { users: ACTIVE_USERS, depth: at }
    const result = await point(session, running, load, `${at} questions at once`)
    if (result === undefined) break
    records.push({ name, axis: 'pipelining', at, cpuPerRequestUs: cpuPerRequestUs(result) })
  }
  return records
}

/** One point, or undefined where the design cannot hold so many, which is noted. */
async function point(
  { generator, slices, note }: Session,
  running: Running,
  load: ClosedLoad,
  what: string,
): Promise<RunResult | undefined> {
  let fault: string | undefined
  try {
    const result = await runClosedSurely(generator, running, load, slices.cycle)
    fault = closedFaultOf(result)
    if (fault === undefined) return result
  } catch (error) {
    fault = (error as Error).message
  }
  note(`growth: ${running.contestant.name} stops before ${what}: ${fault}`)
  return undefined
}
