/**
 * What `lancelot bench` is to measure: from flags to models of load, checked once.
 *
 * Measures nothing, and knows nothing of targets.
 */

import { rangeError } from '../option-table.ts'
import type { ClosedModel, Model, OpenModel, PartlyOpenModel, RunCommand } from './load-protocol.ts'

/** The cycles of FunkLoad, as the textbook ran them: so many users, one cycle after the other. */
export const FUNKLOAD_CYCLES: readonly number[] = [1, 2, 3, 5, 7, 10, 13, 16, 20]
/** Questions after which each of them leaves. */
export const FUNKLOAD_QUESTIONS = 10

/** What can be said on the command line. All that is left out has its default. */
export interface BenchFlags {
  /** Users of a closed load, connections of an open one. @default 20 */
  users?: number
  /** Requests that a user sends at once. @default 1 */
  depth?: number
  /** Requests after which a user leaves; 0: never. @default 0, and 10 for cycles and sessions */
  questions?: number
  /** How long a user waits before it asks again. @default 0 */
  thinkMs?: number
  /** Requests a second: an open load. */
  rate?: number
  /** Sessions a second: a partly-open load. */
  sessions?: number
  /** The rate that an open or partly-open load has reached at the end. @default the same */
  rateAtEnd?: number
  /** @default 'poisson' */
  arrivals?: 'poisson' | 'constant'
  /** Users of each cycle, or true for FunkLoad's. */
  cycles?: readonly number[] | true
  /** How long all users of a closed load take to come. @default 0 */
  rampSeconds?: number
  /** @default 10 */
  seconds?: number
  /** @default 1 */
  warmSeconds?: number
  /** @default 0 */
  idle?: number
  /** @default 0 */
  slowReaders?: number
  /** @default 0 */
  slowWriters?: number
  /** @default 5000 */
  lateMs?: number
  /** @default 1 */
  seed?: number
}

/** One measurement of every target. */
export interface BenchStep {
  /** For people: `20 users`, `5,000 requests/s (poisson)`. */
  label: string
  model: Model
}

/** All measurements of every target. */
export interface BenchPlan {
  steps: readonly BenchStep[]
  /** What all of them have in common. */
  common: Omit<RunCommand, 'host' | 'port' | 'pid' | 'model' | 'exchanges' | 'greeting'> & {
    warmMs: number
    seed: number
  }
}

/** Least and most of each number. The generator knows the last word on all connections together. */
const RANGES: Readonly<Record<string, readonly [min: number, max: number]>> = {
  users: [1, 19_000],
  depth: [1, 1024],
  questions: [0, 1_000_000],
  thinkMs: [0, 3_600_000],
  rate: [0.01, 5_000_000],
  sessions: [0.01, 1_000_000],
  rateAtEnd: [0.01, 5_000_000],
  rampSeconds: [0, 3600],
  seconds: [0.1, 3600],
  warmSeconds: [0, 600],
  idle: [0, 19_000],
  slowReaders: [0, 19_000],
  slowWriters: [0, 19_000],
  lateMs: [1, 3_600_000],
  seed: [0, 2 ** 32 - 1],
}
const CYCLES_MAX = 100
const USERS = 20

type ModelFlag = 'rate' | 'sessions' | 'cycles'

/** Which flags say something in which model. What is not here says something in all of them. */
const ONLY_WITH: Readonly<Record<string, readonly (ModelFlag | 'closed')[]>> = {
  users: ['rate', 'closed'],
  depth: ['cycles', 'closed'],
  questions: ['sessions', 'cycles', 'closed'],
  thinkMs: ['cycles', 'closed'],
  rampSeconds: ['cycles', 'closed'],
  rateAtEnd: ['rate', 'sessions'],
  arrivals: ['rate', 'sessions'],
}

/** Throws ERR_LANCELOT_OPTION_RANGE for a number out of range and flags that contradict others. */
export function planBench(flags: BenchFlags): BenchPlan {
  checkRanges(flags)
  const model = modelOf(flags)
  for (const [name, models] of Object.entries(ONLY_WITH)) {
    if (flags[name as keyof BenchFlags] === undefined || models.includes(model)) continue
    const allowed = models.map(each => (each === 'closed' ? 'a closed load' : flagOf(each)))
    throw rangeError(flagOf(name), 'given', `with ${allowed.join(' or ')} only`)
  }
  return {
    steps: stepsOf(flags, model),
    common: {
      shape: 'run',
      measureMs: (flags.seconds ?? 10) * 1000,
      warmMs: (flags.warmSeconds ?? 1) * 1000,
      idle: flags.idle ?? 0,
      slowReaders: flags.slowReaders ?? 0,
      slowWriters: flags.slowWriters ?? 0,
      lateMs: flags.lateMs ?? 5000,
      seed: flags.seed ?? 1,
    },
  }
}

function modelOf(flags: BenchFlags): ModelFlag | 'closed' {
  const given = (['rate', 'sessions', 'cycles'] as const).filter(name => flags[name] !== undefined)
  if (given.length > 1) {
    throw rangeError(given.map(flagOf).join(' and '), 'given together', 'one of them')
  }
  return given[0] ?? 'closed'
}

function stepsOf(flags: BenchFlags, model: ModelFlag | 'closed'): BenchStep[] {
  const { cycles, users = USERS } = flags
  if (model === 'rate') return [openStep(flags)]
  if (model === 'sessions') return [sessionsStep(flags)]
  if (model === 'closed') return [closedStep(flags, users, flags.questions ?? 0)]
  const list = Array.isArray(cycles) ? cycles : FUNKLOAD_CYCLES
  return list.map(each => closedStep(flags, each, flags.questions ?? FUNKLOAD_QUESTIONS))
}

function closedStep(flags: BenchFlags, users: number, questions: number): BenchStep {
  const model: ClosedModel = {
    kind: 'closed',
    users,
    depth: flags.depth ?? 1,
    questions,
    thinkUs: Math.round((flags.thinkMs ?? 0) * 1000),
    rampMs: rampStepMs(flags.rampSeconds ?? 0, users),
  }
  return { label: users === 1 ? '1 user' : `${users} users`, model }
}

/** Between one user and the next, so that the last one comes when the time is over. */
function rampStepMs(rampSeconds: number, users: number): number {
  if (rampSeconds === 0 || users === 1) return 0
  return Math.max(1, Math.round((rampSeconds * 1000) / (users - 1)))
}

function openStep(flags: BenchFlags): BenchStep {
  const { rate = 1, rateAtEnd, arrivals = 'poisson', users = USERS } = flags
  const model: OpenModel = {
    kind: 'open',
    rate,
    ...(rateAtEnd !== undefined && { rateAtEnd }),
    arrivals,
    connections: users,
  }
  return { label: `${rates(rate, rateAtEnd)} requests/s (${arrivals})`, model }
}

function sessionsStep(flags: BenchFlags): BenchStep {
  const {
    sessions: rate = 1,
    rateAtEnd,
    arrivals = 'poisson',
    questions = FUNKLOAD_QUESTIONS,
  } = flags
  if (questions === 0) throw rangeError('--questions', '0', 'from 1 on with --sessions')
  const model: PartlyOpenModel = {
    kind: 'partly-open',
    rate,
    ...(rateAtEnd !== undefined && { rateAtEnd }),
    arrivals,
    questions,
  }
  return { label: `${rates(rate, rateAtEnd)} sessions/s (${arrivals})`, model }
}

function rates(from: number, to = from): string {
  const show = (rate: number): string => rate.toLocaleString('en-US')
  return from === to ? show(from) : `${show(from)} to ${show(to)}`
}

function checkRanges(flags: BenchFlags): void {
  for (const [name, [min, max]] of Object.entries(RANGES)) {
    const value = flags[name as keyof BenchFlags]
    if (typeof value !== 'number' || (value >= min && value <= max)) continue
    throw rangeError(flagOf(name), String(value), `${min} to ${max}`)
  }
  if (!Array.isArray(flags.cycles)) return
  const [min, max] = RANGES.users as readonly [number, number]
  const isRight = flags.cycles.every(users => users >= min && users <= max)
  if (isRight && flags.cycles.length <= CYCLES_MAX) return
  const allowed = `at most ${CYCLES_MAX} numbers of users, ${min} to ${max}: 1:2:3`
  throw rangeError('--cycles', flags.cycles.join(':'), allowed)
}

/** `slowReaders` as it is typed: `--slow-readers`. */
function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
}
