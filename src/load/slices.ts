/**
 * The slices of load of which everything is made: one closed, one open, one probe of a capacity.
 *
 * Says what each asks of the generator and what follows from its result; not in which order. Each
 * begins when the server has nothing left to do from the one before.
 */

import { setTimeout as wait } from 'node:timers/promises'
import { LancelotError } from '../errors.ts'
import type { Probe } from './capacity.ts'
import type { Contestant } from './contestants.ts'
import type { Generator } from './generator.ts'
import type { OpenModel, RunCommand, RunResult } from './load-protocol.ts'
import { untilAtRest } from './process-tree.ts'
import type { ServerProcess } from './server-process.ts'

/** The generator must send this close to when it should, for times to mean anything. */
export const SEND_LAG_US_MAX = 500
/** Of its time the generator may be robbed of this share. */
export const STOLEN_SHARE_MAX = 0.05

/** A contestant that runs, and how it is asked. */
export interface Target {
  contestant: Pick<Contestant, 'name' | 'exchanges'>
  server: Pick<ServerProcess, 'pid' | 'port'> & Partial<Pick<ServerProcess, 'ended'>>
}

/** Users who ask again once they are answered. */
export interface ClosedLoad {
  users: number
  depth: number
  questions?: number
  idle?: number
}

/** Requests by the clock. */
export interface OpenLoad {
  rate: number
  connections: number
  seed: number
}

type OnSecond = Parameters<Generator['run']>[1]

/** How long a slice warms up and is measured. */
export interface SliceTimes {
  warmMs: number
  measureMs: number
}

/** Answers that come later than this count as late: an overload must not last for ever. */
const LATE_MS = 1000
const LATE_MS_PROBE = 200
const TRIES_MAX = 3
const DEATH_MS = 100
/** So many slices in a row that cost at most so much more than the cheapest are steady. */
const STEADY_SLICES = 3
const STEADY_FACTOR = 1.1

/**
 * Connections of a search for a capacity: so many that a request mostly finds one that waits for
 * nothing, as those of independent users do. On few they would be pipelined, more and more with the
 * rate, and cost less and less.
 */
export const CAPACITY_CONNECTIONS = 500

/** How a fresh server is asked before anything counts. */
export interface WarmUpTimes {
  /** Of each slice, with connections of its own. */
  sliceMs: number
  /** After so many it is as warm as it will be. */
  slicesMax: number
}

/**
 * Lets a fresh server come to its speed: its compiler, its heap, its caches. That takes some of
 * them a moment and others, with a compiler in each of several threads, seconds.
 */
export async function warmUp(
  generator: Generator,
  target: Target,
  load: ClosedLoad,
  { sliceMs, slicesMax }: WarmUpTimes,
): Promise<void> {
  const costs: number[] = []
  while (costs.length < slicesMax && !isSteady(costs)) {
    const result = await runClosed(generator, target, load, { warmMs: 0, measureMs: sliceMs })
    costs.push(cpuPerRequestUs(result))
  }
}

/** Whether the last slices cost about as little as any did: a few, for compilers rest on steps. */
export function isSteady(costs: readonly number[]): boolean {
  const costMax = Math.min(...costs.filter(Number.isFinite)) * STEADY_FACTOR
  const last = costs.slice(-STEADY_SLICES)
  return costs.length > STEADY_SLICES && last.every(cost => cost <= costMax)
}

/** Measures under a closed load. */
export function runClosed(
  generator: Generator,
  target: Target,
  { users, depth, questions, idle }: ClosedLoad,
  times: SliceTimes,
  onSecond?: OnSecond,
): Promise<RunResult> {
  const model = { kind: 'closed' as const, users, depth, ...(questions && { questions }) }
  const command = { ...base(target), model, ...times, ...(idle && { idle }) }
  return runRested(generator, target, command, onSecond)
}

/**
 * The same, but again where not one answer came, as may be in short slices on a machine that has no
 * time; the last result of three tries. `closedFaultOf` says if none came in any.
 */
export async function runClosedSurely(
  generator: Generator,
  target: Target,
  load: ClosedLoad,
  times: SliceTimes,
): Promise<RunResult> {
  let result = await runClosed(generator, target, load, times)
  for (let again = 1; again < TRIES_MAX && result.right === 0; again++) {
    result = await runClosed(generator, target, load, times)
  }
  return result
}

/** Measures under an open load. */
export function runOpen(
  generator: Generator,
  target: Target,
  load: OpenLoad,
  times: SliceTimes,
  onSecond?: OnSecond,
): Promise<RunResult> {
  return runRested(generator, target, openCommand(target, load, times, LATE_MS), onSecond)
}

/** Whether the server bears a rate: p99 within the objective, all answers right and in time. */
export async function probeRate(
  generator: Generator,
  target: Target,
  load: OpenLoad,
  times: SliceTimes,
  objectiveMs: number,
): Promise<Probe> {
  const command = openCommand(target, load, times, LATE_MS_PROBE)
  const isLagging = ({ sendLagP99Us }: RunResult): boolean =>
    sendLagP99Us > Math.min(SEND_LAG_US_MAX, objectiveMs * 250)
  let result = await runRested(generator, target, command)
  // A moment's disturbance of the generator is no limit of it, so it may try again.
  if (isLagging(result)) result = await runRested(generator, target, command)
  // Its CPU says nothing here: to be on time it asks the clock again and again.
  const isGenerators = isLagging(result)
  const isBorne = result.p99Us <= objectiveMs * 1000 && unansweredOf(result) === 0
  return { passed: isBorne && !isGenerators, isGenerators }
}

/** Right answers a second. */
export function rightPerSecond({ right, wallUs }: Pick<RunResult, 'right' | 'wallUs'>): number {
  return right / (wallUs / 1e6)
}

/** The server's CPU time for each right answer, in us. NaN without any. */
export function cpuPerRequestUs({ serverCpuUs, right }: RunResult): number {
  return right > 0 ? serverCpuUs / right : Number.NaN
}

/** What no server may do under load, in words, or undefined. */
export function faultOf({ wrong, lost, refused }: RunResult): string | undefined {
  const counts = { wrong, lost, 'refused to ask': refused }
  const found = Object.entries(counts).filter(([, count]) => count > 0)
  if (found.length === 0) return undefined
  return found.map(([what, count]) => `${count} answers ${what}`).join(', ')
}

/** The same of `runClosedSurely`, after which it is also a fault that nothing came. */
export function closedFaultOf(result: RunResult): string | undefined {
  return faultOf(result) ?? (result.right > 0 ? undefined : 'not one answer came')
}

/** The share of the window in which the server ran. */
export function serverShare({ serverCpuUs, wallUs }: RunResult): number {
  return serverCpuUs / wallUs
}

/** The share of the window in which the generator ran. */
export function loadShare({ loadCpuUs, wallUs }: RunResult): number {
  return loadCpuUs / wallUs
}

/** All that did not come rightly and in time. */
function unansweredOf({ wrong, lost, late, refused, unanswered }: RunResult): number {
  return wrong + lost + late + refused + unanswered
}

function openCommand(
  target: Target,
  { rate, connections, seed }: OpenLoad,
  times: SliceTimes,
  lateMs: number,
): RunCommand {
  const model: OpenModel = { kind: 'open', rate, arrivals: 'poisson', connections }
  return { ...base(target), model, ...times, lateMs, seed }
}

/** Rejects with ERR_LANCELOT_TARGET where it was the server's end that ended the run. */
async function runRested(
  generator: Generator,
  { contestant, server }: Target,
  command: RunCommand,
  onSecond?: OnSecond,
): Promise<RunResult> {
  await untilAtRest(server.pid)
  try {
    return await generator.run(command, onSecond)
  } catch (cause) {
    // What kills a server shows on its sockets before it shows on the process.
    await wait(DEATH_MS)
    const ended = server.ended?.()
    if (ended === undefined) throw cause
    const message = `${contestant.name} died under load (${ended}); run it alone to see why`
    throw new LancelotError('ERR_LANCELOT_TARGET', message, { cause })
  }
}

function base({
  contestant,
  server,
}: Target): Pick<RunCommand, 'shape' | 'port' | 'pid' | 'exchanges'> {
  return { shape: 'run', port: server.port, pid: server.pid, exchanges: contestant.exchanges }
}
