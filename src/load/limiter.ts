/**
 * Why a design is as it is: what holds it back under a load that gives it all it can take.
 *
 * `nameLimiter` is pure; the rest gathers its figures, in runs of their own.
 */

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Contestant, ownProgram, registration } from './contestants.ts'
import { countWaiting } from './listeners.ts'
import type { RunResult, SecondLine } from './load-protocol.ts'
import type { LoopDelay } from './loop-delay.ts'
import { percent } from './report/numbers.ts'
import type { LimiterRecord, TimelinePoint } from './run-file.ts'
import type { Session } from './session.ts'
import { loadShare, rightPerSecond, runClosed, runOpen, serverShare } from './slices.ts'
import { decodeTimes } from './times.ts'
import { type Running, withWarmServer } from './warm-server.ts'

/** Who is busy for this share of the time is what everybody waits for. */
const BUSY_SHARE = 0.9
/** A thread may wait once for each request: for the request. Above this it waits for others. */
const SWITCHES_OF_LOCKS = 1.5
/** The closed load that gives all is so many of the slices long. */
const FULL_SLICES = 12

/** The figures by which a limiter is named. Shares are of one core. */
export interface Evidence {
  userShare: number
  systemShare: number
  loadShare: number
  switchesPerRequest: number
  listenOverflows: number
  /** Connections that the server had not taken, in the middle of the load. */
  waiting: number
  /** The busiest event loop of a Node design. */
  loopBusyShare?: number
  eventLoopDelayP99Us?: number
}

/** What of a design is used up first, and a sentence with the figures that say so. */
export function nameLimiter(evidence: Evidence): Pick<LimiterRecord, 'limiter' | 'text'> {
  const { userShare, systemShare, switchesPerRequest, loopBusyShare = 0 } = evidence
  const user = percent(userShare)
  const system = percent(systemShare)
  const server = `the server's core is busy for ${user} in its own code and ${system} in the kernel`
  if (evidence.listenOverflows > 0) {
    const text = `${evidence.listenOverflows} connections found its listen queue full`
    return { limiter: 'listen queue', text }
  }
  if (userShare + systemShare >= BUSY_SHARE) {
    const delay = evidence.eventLoopDelayP99Us ?? 0
    const loop = `its JavaScript loop is busy for ${percent(loopBusyShare)} and up to `
    const text = `${loop}${(delay / 1000).toFixed(1)} ms late; ${server}`
    if (loopBusyShare >= BUSY_SHARE) return { limiter: 'js thread', text }
    return { limiter: userShare > systemShare ? 'server user' : 'server system', text: server }
  }
  if (evidence.loadShare >= BUSY_SHARE) {
    const text = `the generator's core is busy for ${percent(evidence.loadShare)}, while ${server}`
    return { limiter: 'generator', text }
  }
  if (evidence.waiting > 0) {
    const text = `${evidence.waiting} connections wait until it takes them, while ${server}`
    return { limiter: 'listen queue', text }
  }
  const switches = `its threads wait ${switchesPerRequest.toFixed(2)} times for each request`
  if (switchesPerRequest >= SWITCHES_OF_LOCKS) {
    return { limiter: 'lock', text: `${switches}, while ${server}` }
  }
  return { limiter: 'none', text: `nothing is used up: ${server}` }
}

/** Finds the limiter of one contestant, and its timeline under the open load. */
export async function findLimiter(
  session: Session,
  contestant: Contestant,
): Promise<LimiterRecord> {
  const folder = await mkdtemp(join(tmpdir(), 'lancelot-'))
  const file = join(folder, 'loop-delay.jsonl')
  const module = new URL(`file://${encodeURI(ownProgram('./loop-delay').at(-1) ?? '')}`)
  const words = [...registration(), '--import', module.href]
  const environment = { NODE_OPTIONS: words.join(' '), LANCELOT_LOOP_DELAY_FILE: file }
  try {
    return await withWarmServer(
      session,
      contestant,
      async running => {
        // What its loops did while they came to their speed tells nothing of the load.
        const { length } = await readLoops(file)
        const { result, waiting } = await giveAll(session, running)
        const evidence = evidenceOf(result, waiting, (await readLoops(file)).slice(length))
        const { userShare, systemShare, switchesPerRequest, eventLoopDelayP99Us } = evidence
        return {
          name: contestant.name,
          ...nameLimiter(evidence),
          userShare,
          systemShare,
          loadShare: evidence.loadShare,
          switchesPerRequest,
          ...(eventLoopDelayP99Us !== undefined && { eventLoopDelayP99Us }),
          timeline: await drawTimeline(session, running),
        }
      },
      environment,
    )
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** A closed load that leaves the server no rest, and who waited in its listen queue meanwhile. */
async function giveAll(
  { generator, settings, slices }: Session,
  running: Running,
): Promise<{ result: RunResult; waiting: number }> {
  const { warmMs, measureMs } = slices.closed
  const times = { warmMs, measureMs: measureMs * FULL_SLICES }
  let waiting = 0
  const result = await runClosed(generator, running, settings, times, ({ second }) => {
    if (second === 0) waiting = countWaiting(running.server.port)
  })
  return { result, waiting }
}

async function drawTimeline(
  { generator, settings, slices }: Session,
  running: Running,
): Promise<TimelinePoint[]> {
  const points: TimelinePoint[] = []
  const { openRate: rate, users: connections, seed } = settings
  const times = { warmMs: slices.open.warmMs, measureMs: slices.timelineMs }
  await runOpen(generator, running, { rate, connections, seed }, times, line => {
    points.push(pointOf(line))
  })
  return points
}

function pointOf(line: SecondLine): TimelinePoint {
  const responseTimes = decodeTimes(line.responseTimes)
  return {
    second: line.second,
    rate: rightPerSecond(line),
    p50Us: responseTimes.getValueAtPercentile(50) / 1000,
    p99Us: responseTimes.getValueAtPercentile(99) / 1000,
    serverCpuShare: line.serverCpuUs / line.wallUs,
    loadCpuShare: line.loadCpuUs / line.wallUs,
    serverResidentBytes: line.serverResidentBytes,
  }
}

function evidenceOf(result: RunResult, waiting: number, loops: readonly LoopDelay[]): Evidence {
  const { serverUserUs, serverSystemUs, right, listenOverflows } = result
  const ticks = Math.max(1, serverUserUs + serverSystemUs)
  const share = serverShare(result)
  const switches = result.serverVoluntarySwitches
  return {
    // Ticks are coarse, the scheduler's account is exact: of the ticks only their ratio counts.
    userShare: (share * serverUserUs) / ticks,
    systemShare: (share * serverSystemUs) / ticks,
    loadShare: loadShare(result),
    switchesPerRequest: switches / Math.max(1, right),
    listenOverflows,
    waiting,
    ...(loops.length > 0 && {
      loopBusyShare: Math.max(...loops.map(({ busyShare }) => busyShare)),
      eventLoopDelayP99Us: Math.max(...loops.map(({ delayP99Us }) => delayP99Us)),
    }),
  }
}

/** What all threads wrote until now; nothing where no thread is of Node. */
async function readLoops(file: string): Promise<LoopDelay[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const lines = text.split('\n').filter(line => line.endsWith('}'))
  return lines.map(line => JSON.parse(line))
}
