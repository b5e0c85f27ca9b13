/**
 * The instrument's check: before anything is compared, the generator and the machine prove that
 * they can be trusted.
 *
 * The generator measures a server whose times are known, and the machine does a fixed piece of
 * work again and again. Over a bound there is no verdict; `verdicts.ts` reads the records.
 */

import { readFileSync } from 'node:fs'
import { LANCELOT_EXCHANGES, ownProgram } from './contestants.ts'
import { type Generator, startSynthetic } from './generator.ts'
import { startLineProcess } from './line-process.ts'
import type { RunResult, SyntheticServer } from './load-protocol.ts'
import { LOAD_CORE, pinned, SERVER_CORE } from './machine.ts'
import type { InstrumentCheck } from './run-file.ts'
import { runOpen, SEND_LAG_US_MAX, STOLEN_SHARE_MAX } from './slices.ts'
import type { Spin } from './spinner.ts'
import { quantile } from './statistics.ts'

const DELAY_US = 2000
const DELAY_ERROR_SHARE = 0.05
/** What a request and its answer take on their way, beside the delay. */
const DELAY_ERROR_US = 60
const STALL_MS = 400
const STALL_ERROR_SHARE = 0.05
const CPU_SHARE_MIN = 0.9
/** Between slow and fast pieces of the same work, as a share of the middle one. */
const NOISE_SHARE_MAX = 0.15

/** How long each part takes. */
export interface InstrumentTimes {
  delayMs: number
  stallWindowMs: number
  spinMs: number
}

export const INSTRUMENT_TIMES: InstrumentTimes = {
  delayMs: 1000,
  stallWindowMs: 2000,
  spinMs: 600,
}

/** Long enough to see that it works. */
export const INSTRUMENT_TIMES_QUICK: InstrumentTimes = {
  delayMs: 300,
  stallWindowMs: 1000,
  spinMs: 200,
}

/** Runs every part. */
export async function checkInstrument(
  generator: Generator,
  { delayMs, stallWindowMs, spinMs }: InstrumentTimes,
): Promise<InstrumentCheck[]> {
  const steal = readSteal()
  const ofLoadCore = await spinOn(LOAD_CORE, spinMs)
  const ofServerCore = await spinOn(SERVER_CORE, spinMs)
  const delay = await measureSynthetic(generator, { delayUs: DELAY_US }, delayMs)
  const stallAtMs = WARM_MS + stallWindowMs / 4
  const stalling = { stallAtMs, stallMs: STALL_MS }
  const stall = await measureSynthetic(generator, stalling, stallWindowMs)
  const sendLagUs = Math.max(delay.sendLagP99Us, stall.sendLagP99Us)
  return [
    ...timesOf(delay, stall, stallWindowMs),
    atMost('send lag, p99', 'a generator that is on time', sendLagUs, SEND_LAG_US_MAX, 'us'),
    atMost(
      'stolen time',
      'a generator that runs when it wants',
      stolenShare([delay, stall]),
      STOLEN_SHARE_MAX,
      'of the time',
    ),
    cpuCheck("CPU of the generator's core", ofLoadCore),
    cpuCheck("CPU of the servers' core", ofServerCore),
    noiseCheck("noise of the generator's core", ofLoadCore),
    noiseCheck("noise of the servers' core", ofServerCore),
    atMost(
      'CPU stolen by the host',
      'a host that keeps to itself',
      stealSince(steal),
      STOLEN_SHARE_MAX,
      'of the time',
    ),
  ]
}

/** What became of all runs of the generator in the blocks; an entry for each block. */
export interface BlockHealth {
  /** The highest p99 of the open slices. 0 where there was none. */
  sendLagUs: number
  stolenShare: number
}

/** Of all blocks so many may be put aside. Not the figures decide which, but the instrument. */
const DISTURBED_SHARE_MAX = 1 / 3
/** After so many it is plain whether the machine is fit. */
const HOPELESS_BLOCKS_MIN = 4

/** Whether the instrument held in a block. */
export function isSound({ sendLagUs, stolenShare: share }: BlockHealth): boolean {
  return sendLagUs <= SEND_LAG_US_MAX && share <= STOLEN_SHARE_MAX
}

/** Whether so many blocks were disturbed that more of them would not help. */
export function isHopeless(blocks: readonly BlockHealth[]): boolean {
  const disturbed = blocks.filter(block => !isSound(block)).length
  return blocks.length >= HOPELESS_BLOCKS_MIN && disturbed > blocks.length / 2
}

/** Whether the instrument held in enough of all blocks, those that were put aside among them. */
export function checkBlocks(blocks: readonly BlockHealth[]): InstrumentCheck[] {
  if (blocks.length === 0) return []
  const share = (isOver: (block: BlockHealth) => boolean): number =>
    blocks.filter(isOver).length / blocks.length
  const lagging = share(({ sendLagUs }) => sendLagUs > SEND_LAG_US_MAX)
  const robbed = share(each => each.stolenShare > STOLEN_SHARE_MAX)
  return [
    atMost(
      'blocks with send lag',
      `p99 within ${SEND_LAG_US_MAX} us`,
      lagging,
      DISTURBED_SHARE_MAX,
      'of the blocks',
    ),
    atMost(
      'blocks with stolen time',
      `within ${STOLEN_SHARE_MAX * 100} %`,
      robbed,
      DISTURBED_SHARE_MAX,
      'of the blocks',
    ),
  ]
}

/** The share of the windows in which the generator wanted to run and could not. */
export function stolenShare(results: readonly RunResult[]): number {
  const wallUs = results.reduce((sum, result) => sum + result.wallUs, 0)
  return wallUs === 0 ? 0 : results.reduce((sum, each) => sum + each.loadStolenUs, 0) / wallUs
}

const WARM_MS = 200

async function measureSynthetic(
  generator: Generator,
  server: SyntheticServer,
  measureMs: number,
): Promise<RunResult> {
  const synthetic = await startSynthetic(server, pinned(SERVER_CORE, []))
  const target = {
    contestant: { name: 'synthetic', exchanges: LANCELOT_EXCHANGES },
    server: synthetic,
  }
  try {
    const load = { rate: 2000, connections: 20, seed: 1 }
    return await runOpen(generator, target, load, { warmMs: WARM_MS, measureMs })
  } finally {
    await synthetic.stop()
  }
}

/** The middle of a known delay, and the tail of a known stall. */
function timesOf(delay: RunResult, stall: RunResult, windowMs: number): InstrumentCheck[] {
  const delayError = Math.abs(delay.p50Us - DELAY_US)
  const delayBound = Math.max(DELAY_US * DELAY_ERROR_SHARE, DELAY_ERROR_US)
  // Of requests that come evenly, a hundredth of the window's is due in the first
  // hundredth of it after the stall began; all others of the stall wait less.
  const stallUs = (STALL_MS - windowMs / 100) * 1000
  const stallError = Math.abs(stall.p99Us - stallUs) / stallUs
  return [
    atMost(
      `p50 of a delay of ${DELAY_US} us`,
      `within ${delayBound} us`,
      delayError,
      delayBound,
      'us off',
    ),
    atMost(
      `p99 of a stall of ${STALL_MS} ms`,
      `${stallUs / 1000} ms`,
      stallError,
      STALL_ERROR_SHARE,
      'off',
    ),
  ]
}

async function spinOn(core: number, durationMs: number): Promise<Spin> {
  const child = await startLineProcess(
    pinned(core, [...ownProgram('./spinner'), String(durationMs)]),
    'ERR_LANCELOT_MACHINE',
  )
  try {
    return JSON.parse(await child.nextLine())
  } finally {
    await child.stop('SIGKILL')
  }
}

function cpuCheck(name: string, { cpuUs, wallUs }: Spin): InstrumentCheck {
  const measured = cpuUs / wallUs
  const expected = 'a core that nobody else uses'
  return {
    name,
    expected,
    measured,
    bound: CPU_SHARE_MIN,
    unit: 'of the time, at least',
    passed: measured >= CPU_SHARE_MIN,
  }
}

function noiseCheck(name: string, { pieceUs }: Spin): InstrumentCheck {
  const spread = (quantile(pieceUs, 0.9) - quantile(pieceUs, 0.1)) / quantile(pieceUs, 0.5)
  return atMost(
    name,
    'the same work in the same time',
    spread,
    NOISE_SHARE_MAX,
    'between p10 and p90',
  )
}

function atMost(
  name: string,
  expected: string,
  measured: number,
  bound: number,
  unit: string,
): InstrumentCheck {
  return { name, expected, measured, bound, unit, passed: measured <= bound }
}

/** Ticks of all cores: those that the host took, and all. */
interface Steal {
  stolen: number
  all: number
}

function readSteal(): Steal {
  const [, ...words] = readFileSync('/proc/stat', 'utf8').split('\n', 1).join().trim().split(/\s+/)
  const ticks = words.map(Number)
  // user nice system idle iowait irq softirq steal; guests are within user.
  return { stolen: ticks[7] ?? 0, all: ticks.slice(0, 8).reduce((sum, each) => sum + each, 0) }
}

function stealSince(before: Steal): number {
  const now = readSteal()
  return now.all === before.all ? 0 : (now.stolen - before.stolen) / (now.all - before.all)
}
