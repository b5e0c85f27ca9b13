/**
 * Why a design is as it is: what holds it back under a load that gives it all it can take.
 *
 * `nameLimiter` is pure; the rest gathers its figures, in runs of their own.
 */

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Contestant, ownProgram, registration } from './contestants.ts'
import type { RunResult, SecondLine } from './load-protocol.ts'
import type { LoopDelay } from './loop-delay.ts'
import { SERVER_CORE } from './machine.ts'
import { untilAtRest } from './process-tree.ts'
import type { LimiterRecord, TimelinePoint } from './run-file.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'
import type { Session } from './session.ts'
import { loadShare, runClosed, runOpen, serverShare, type Target } from './slices.ts'
import { decodeTimes } from './times.ts'

/** Who is busy for this share of the time is what everybody waits for. */
const BUSY_SHARE = 0.9
/** So often in a request nobody waits who is not waiting for somebody else. */
const SWITCHES_OF_LOCKS = 1
/** The closed load that gives all is so many of the slices long. */
const FULL_SLICES = 12

/** The figures by which a limiter is named. Shares are of one core. */
export interface Evidence {
  userShare: number
  systemShare: number
  loadShare: number
  switchesPerRequest: number
  listenOverflows: number
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
  const server = await startServerProcess(contestant, { core: SERVER_CORE, environment })
  try {
    const target: Target = { contestant, server }
    const full = await giveAll(session, target)
    const loops = parseLoops(await readFile(file, 'utf8').catch(() => ''))
    const timeline = await drawTimeline(session, target, server)
    const evidence = evidenceOf(full, loops)
    const { eventLoopDelayP99Us } = evidence
    return {
      name: contestant.name,
      ...nameLimiter(evidence),
      userShare: evidence.userShare,
      systemShare: evidence.systemShare,
      loadShare: evidence.loadShare,
      switchesPerRequest: evidence.switchesPerRequest,
      ...(eventLoopDelayP99Us !== undefined && { eventLoopDelayP99Us }),
      timeline,
    }
  } finally {
    await server.stop()
    await rm(folder, { recursive: true })
  }
}

/** A closed load that leaves the server no rest. */
function giveAll({ generator, settings, slices }: Session, target: Target): Promise<RunResult> {
  const measureMs = slices.closed.measureMs * FULL_SLICES
  return runClosed(generator, target, settings, { warmMs: slices.startMs, measureMs })
}

async function drawTimeline(
  { generator, settings, slices }: Session,
  target: Target,
  server: ServerProcess,
): Promise<TimelinePoint[]> {
  await untilAtRest(server.pid)
  const points: TimelinePoint[] = []
  const { openRate: rate, users: connections, seed } = settings
  const times = { warmMs: slices.open.warmMs, measureMs: slices.timelineMs }
  await runOpen(generator, target, { rate, connections, seed }, times, line => {
    points.push(pointOf(line))
  })
  return points
}

function pointOf(line: SecondLine): TimelinePoint {
  const responseTimes = decodeTimes(line.responseTimes)
  return {
    second: line.second,
    rate: line.right / (line.wallUs / 1e6),
    p50Us: responseTimes.getValueAtPercentile(50) / 1000,
    p99Us: responseTimes.getValueAtPercentile(99) / 1000,
    serverCpuShare: line.serverCpuUs / line.wallUs,
    loadCpuShare: line.loadCpuUs / line.wallUs,
    serverResidentBytes: line.serverResidentBytes,
  }
}

function evidenceOf(result: RunResult, loops: readonly LoopDelay[]): Evidence {
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
    ...(loops.length > 0 && {
      loopBusyShare: Math.max(...loops.map(({ busyShare }) => busyShare)),
      eventLoopDelayP99Us: Math.max(...loops.map(({ delayP99Us }) => delayP99Us)),
    }),
  }
}

/** What threads wrote; the first line of each is of its start, and tells nothing of the load. */
function parseLoops(text: string): LoopDelay[] {
  const seen = new Set<string>()
  const lines = text.split('\n').filter(line => line.endsWith('}'))
  return lines
    .map((line): LoopDelay => JSON.parse(line))
    .filter(({ pid, thread }) => {
      const key = `${pid} ${thread}`
      const isFirst = !seen.has(key)
      seen.add(key)
      return !isFirst
    })
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
