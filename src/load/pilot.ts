/**
 * The pilot: a rough look at every contestant alone, to know at which rates to compare them.
 *
 * Its figures are starting points for searches and are kept nowhere.
 */

import { searchCapacity } from './capacity.ts'
import type { Contestant } from './contestants.ts'
import { isTargetFault } from './server-process.ts'
import type { Session } from './session.ts'
import {
  CAPACITY_CONNECTIONS,
  closedFaultOf,
  probeRate,
  rightPerSecond,
  runClosedSurely,
} from './slices.ts'
import { type Running, withWarmServer } from './warm-server.ts'

const STEP = 1.5
const FINENESS = 1.15
/** An open load is a little below what a closed one reaches. */
const OPEN_SHARE = 0.7
const CLOSED_MEASURE_FACTOR = 2
const OPEN_RATE_MIN = 50
const OPEN_RATE_MAX = 50_000

/** What the pilot saw. */
export interface Pilot {
  /** About the capacity of each that met the objective at any rate. */
  capacities: Map<string, number>
  faults: { name: string; load: string; detail: string }[]
}

/** Looks at every contestant. */
export async function runPilot(
  session: Session,
  contestants: readonly Contestant[],
): Promise<Pilot> {
  const pilot: Pilot = { capacities: new Map(), faults: [] }
  for (const contestant of contestants) {
    if (session.isOver()) break
    const { name } = contestant
    session.tell(`pilot: ${name}`)
    try {
      await withWarmServer(session, contestant, running => look(session, running, pilot))
    } catch (error) {
      if (!isTargetFault(error)) throw error
      pilot.faults.push({ name, load: 'the pilot', detail: error.message })
    }
  }
  return pilot
}

/** The rate of the open load for all: half of what the weakest bears. */
export function openRateOf({ capacities }: Pilot): number {
  const lowest = Math.min(...capacities.values())
  if (!Number.isFinite(lowest)) return OPEN_RATE_MIN
  return Math.round(Math.min(Math.max(lowest / 2, OPEN_RATE_MIN), OPEN_RATE_MAX))
}

async function look(session: Session, running: Running, pilot: Pilot): Promise<void> {
  const { generator, settings, slices } = session
  const { name } = running.contestant
  const { warmMs, measureMs } = slices.closed
  const times = { warmMs: warmMs * 2, measureMs: measureMs * CLOSED_MEASURE_FACTOR }
  const closed = await runClosedSurely(generator, running, settings, times)
  const detail = closedFaultOf(closed)
  if (detail !== undefined) {
    pilot.faults.push({ name, load: 'the closed load', detail })
    return
  }
  const { objectiveMs, seed } = settings
  const found = await searchCapacity(
    rate => {
      const load = { rate: Math.round(rate), connections: CAPACITY_CONNECTIONS, seed }
      return probeRate(generator, running, load, slices.probe, objectiveMs)
    },
    { start: rightPerSecond(closed) * OPEN_SHARE, step: STEP, fineness: FINENESS },
  )
  if (found.rate !== null) pilot.capacities.set(name, found.rate)
}
