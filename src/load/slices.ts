/**
 * The slices of load of which everything is made: one closed, one open, one probe of a capacity.
 *
 * Says what each asks of the generator and what follows from its result; not in which order.
 */

import type { Probe } from './capacity.ts'
import type { Contestant } from './contestants.ts'
import type { Generator } from './generator.ts'
import type { OpenModel, RunCommand, RunResult } from './load-protocol.ts'
import type { ServerProcess } from './server-process.ts'

/** The generator must send this close to when it should, for times to mean anything. */
export const SEND_LAG_US_MAX = 500
/** Of its time the generator may be robbed of this share. */
export const STOLEN_SHARE_MAX = 0.05

/** A contestant that runs, and how it is asked. */
export interface Target {
  contestant: Pick<Contestant, 'name' | 'exchanges'>
  server: Pick<ServerProcess, 'pid' | 'port'>
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

/** How long a slice warms up and is measured. */
export interface SliceTimes {
  warmMs: number
  measureMs: number
}

/** Answers that come later than this count as late: an overload must not last for ever. */
const LATE_MS = 1000
const LATE_MS_PROBE = 200
const TRIES_MAX = 3

/**
 * Connections of a search for a capacity: so many that a request mostly finds one that waits for
 * nothing, as those of independent users do. On few they would be pipelined, more and more with the
 * rate, and cost less and less.
 */
export const CAPACITY_CONNECTIONS = 500

/** Lets a fresh server come to its speed: its compiler, its heap, its caches. Nothing counts. */
export async function warmUp(
  generator: Generator,
  target: Target,
  load: ClosedLoad,
  forMs: number,
): Promise<void> {
  await runClosed(generator, target, load, { warmMs: 0, measureMs: forMs })
}

/** Measures under a closed load. */
export function runClosed(
  generator: Generator,
  target: Target,
  { users, depth, questions, idle }: ClosedLoad,
  times: SliceTimes,
): Promise<RunResult> {
  const model = { kind: 'closed' as const, users, depth, ...(questions && { questions }) }
  return generator.run({ ...base(target), model, ...times, ...(idle && { idle }) })
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
  onSecond?: Parameters<Generator['run']>[1],
): Promise<RunResult> {
  return generator.run(openCommand(target, load, times, LATE_MS), onSecond)
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
  let result = await generator.run(command)
  // A moment's disturbance of the generator is no limit of it, so it may try again.
  if (isLagging(result)) result = await generator.run(command)
  // Its CPU says nothing here: to be on time it asks the clock again and again.
  const isGenerators = isLagging(result)
  const isBorne = result.p99Us <= objectiveMs * 1000 && unansweredOf(result) === 0
  return { passed: isBorne && !isGenerators, isGenerators }
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

function base({
  contestant,
  server,
}: Target): Pick<RunCommand, 'shape' | 'port' | 'pid' | 'exchanges'> {
  return { shape: 'run', port: server.port, pid: server.pid, exchanges: contestant.exchanges }
}
