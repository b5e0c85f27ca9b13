/**
 * One block: a fresh process of every contestant, all alive at once on the servers' core, and the
 * slices of all metrics, interleaved at random.
 *
 * What disturbs the machine for a while falls on all contestants alike, and what differs from one
 * start of a process to the next is the scatter between blocks.
 */

import { type Capacity, type Probe, searchCapacity } from './capacity.ts'
import type { Contestant } from './contestants.ts'
import { type BlockHealth, stolenShare } from './instrument.ts'
import type { EncodedHistogram, RunResult } from './load-protocol.ts'
import type { BlockRecord, BlockValues } from './run-file.ts'
import { isTargetFault } from './server-process.ts'
import type { Session } from './session.ts'
import {
  CAPACITY_CONNECTIONS,
  closedFaultOf,
  cpuPerRequestUs,
  faultOf,
  probeRate,
  runClosedSurely,
  runOpen,
  warmUp,
} from './slices.ts'
import type { Random } from './statistics.ts'
import { type Running, startOnCore } from './warm-server.ts'

/** Between rates that a server bears and does not, where its capacity is about known. */
const STEP = 1.2
const FINENESS = 1.04
/** Searches begin at slightly different rates, so that the grid of rates favours nobody. */
const DITHER = 0.03

/** What one block came to. */
export interface Block {
  record: BlockRecord
  health: BlockHealth
  /** All response times under the open load. */
  spectra: { name: string; responseTimes: EncodedHistogram }[]
  /** Contestants that did what none may under load. */
  faults: { name: string; load: string; detail: string }[]
}

/** A contestant of a block, and what was measured of it until now. */
interface Runner extends Running {
  cpuPerRequestUs: number[]
  p50Us: number[]
  p99Us: number[]
  capacity: Capacity
}

/** Measures one block. `capacities` are about known, by name, and are brought up to date. */
export async function measureBlock(
  session: Session,
  contestants: readonly Contestant[],
  number: number,
  capacities: Map<string, number>,
): Promise<Block> {
  const begin = performance.now()
  const block: Findings = { spectra: [], faults: [] }
  const runners = await startRunners(shuffled(contestants, session.random), block.faults)
  const results: RunResult[] = []
  try {
    const order = runners.map(({ contestant }) => contestant.name)
    for (const runner of runners) {
      await face(runner, 'warming up', block.faults, async () => {
        await warmUp(session.generator, runner, session.settings, session.slices.start)
        return undefined
      })
    }
    await measureClosed(session, runners, block, results)
    const lags = await measureOpen(session, runners, number, block, results)
    if (session.metrics.includes('capacity')) {
      await measureCapacity(session, runners, number, block, capacities)
    }
    const seconds = (performance.now() - begin) / 1000
    const values = Object.fromEntries(runners.map(each => [each.contestant.name, valuesOf(each)]))
    return {
      ...block,
      record: { number, order, seconds, values },
      health: { sendLagUs: Math.max(0, ...lags), stolenShare: stolenShare(results) },
    }
  } finally {
    await Promise.all(runners.map(({ server }) => server.stop()))
  }
}

/** A shuffled copy; every order is equally likely (Fisher and Yates). */
export function shuffled<T>(values: readonly T[], random: Random): T[] {
  const rest = [...values]
  const order: T[] = []
  while (rest.length > 0) {
    order.push(...rest.splice(Math.floor(random() * rest.length), 1))
  }
  return order
}

/** Starts all; one that does not start is a fault of it, and the others go on. */
async function startRunners(
  contestants: readonly Contestant[],
  faults: Block['faults'],
): Promise<Runner[]> {
  const runners: Runner[] = []
  for (const contestant of contestants) {
    try {
      const running = await startOnCore(contestant)
      const capacity = { rate: null, isGenerators: false }
      runners.push({ ...running, cpuPerRequestUs: [], p50Us: [], p99Us: [], capacity })
    } catch (error) {
      if (!isTargetFault(error)) throw error
      faults.push({ name: contestant.name, load: 'starting', detail: error.message })
    }
  }
  return runners
}

type Findings = Pick<Block, 'spectra' | 'faults'>

/** Rounds of closed slices, each contestant once in each. */
async function measureClosed(
  { generator, settings, slices, metrics, random }: Session,
  runners: readonly Runner[],
  { faults }: Findings,
  results: RunResult[],
): Promise<void> {
  const rounds = metrics.includes('cpuPerRequest') ? settings.roundsPerBlock : 0
  for (let round = 0; round < rounds; round++) {
    for (const runner of shuffled(runners, random)) {
      await face(runner, 'the closed load', faults, async () => {
        const result = await runClosedSurely(generator, runner, settings, slices.closed)
        results.push(result)
        if (result.right > 0) runner.cpuPerRequestUs.push(cpuPerRequestUs(result))
        return closedFaultOf(result)
      })
    }
  }
}

/** One open slice of each contestant, the same requests for all. Resolves to the send lags. */
async function measureOpen(
  { generator, settings, slices, metrics, random }: Session,
  runners: readonly Runner[],
  number: number,
  { faults, spectra }: Findings,
  results: RunResult[],
): Promise<number[]> {
  if (!metrics.includes('p50') && !metrics.includes('p99')) return []
  const lags: number[] = []
  const { openRate: rate, users: connections, seed } = settings
  const load = { rate, connections, seed: seed + number }
  for (const runner of shuffled(runners, random)) {
    await face(runner, 'the open load', faults, async () => {
      const result = await runOpen(generator, runner, load, slices.open)
      results.push(result)
      lags.push(result.sendLagP99Us)
      if (metrics.includes('p50')) runner.p50Us.push(result.p50Us)
      if (metrics.includes('p99')) runner.p99Us.push(result.p99Us)
      spectra.push({ name: runner.contestant.name, responseTimes: result.responseTimes })
      return faultOf(result)
    })
  }
  return lags
}

async function measureCapacity(
  { generator, settings, slices, random }: Session,
  runners: readonly Runner[],
  number: number,
  { faults }: Findings,
  capacities: Map<string, number>,
): Promise<void> {
  const { objectiveMs, openRate, seed } = settings
  for (const runner of shuffled(runners, random)) {
    const { name } = runner.contestant
    const known = capacities.get(name) ?? openRate * 2
    const start = known * (1 + DITHER * (2 * random() - 1))
    const probe = async (rate: number): Promise<Probe> => {
      const sent = { rate: Math.round(rate), seed: seed + number }
      const load = { ...sent, connections: CAPACITY_CONNECTIONS }
      const found = await probeRate(generator, runner, load, slices.probe, objectiveMs)
      if (found.passed || rate > known) return found
      // It bore more a while ago: what disturbed it for a moment may be over.
      return probeRate(generator, runner, load, slices.probe, objectiveMs)
    }
    await face(runner, 'the search for its capacity', faults, async () => {
      runner.capacity = await searchCapacity(probe, { start, step: STEP, fineness: FINENESS })
      return undefined
    })
    if (runner.capacity.rate !== null) capacities.set(name, runner.capacity.rate)
  }
}

/**
 * Measures a contestant against which nothing is held in this block. What `measure` resolves to is
 * held against it, and so is its death.
 */
async function face(
  { contestant: { name }, server }: Running,
  load: string,
  faults: Block['faults'],
  measure: () => Promise<string | undefined>,
): Promise<void> {
  if (faults.some(each => each.name === name)) return
  let detail: string | undefined
  try {
    detail = await measure()
  } catch (error) {
    if (!isTargetFault(error)) throw error
    detail = error.message
  }
  const ended = server.ended()
  if (ended !== undefined) detail = `the server died (${ended})`
  if (detail !== undefined) faults.push({ name, load, detail })
}

function valuesOf({ cpuPerRequestUs, p50Us, p99Us, capacity }: Runner): BlockValues {
  return {
    cpuPerRequestUs,
    p50Us,
    p99Us,
    capacity: capacity.rate === null ? null : Math.round(capacity.rate),
    capacityIsGenerators: capacity.isGenerators,
  }
}
