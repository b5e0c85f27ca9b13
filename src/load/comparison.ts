/**
 * A whole comparison: the instrument's check, the gate, what explains the designs, the blocks, and
 * the verdicts that follow.
 *
 * Only the order of the parts and what one hands to the next; each part is a file of its own.
 */

import { randomInt } from 'node:crypto'
import { measureBlocks, spectraOf } from './block-series.ts'
import { buildContestant } from './build-contestant.ts'
import { type Contestant, recordOf, requireUniqueNames } from './contestants.ts'
import { type Explained, explain } from './explanation.ts'
import { faceGate } from './gate/gate.ts'
import { GateBook } from './gate-book.ts'
import { startGenerator } from './generator.ts'
import {
  checkBlocks,
  checkInstrument,
  INSTRUMENT_TIMES,
  INSTRUMENT_TIMES_QUICK,
} from './instrument.ts'
import { LOAD_CORE, machineRecord, requireTools, SERVER_CORE } from './machine.ts'
import { openRateOf, runPilot } from './pilot.ts'
import {
  type InstrumentCheck,
  METRICS,
  type Metric,
  type RunFile,
  type Settings,
} from './run-file.ts'
import { isTargetFault } from './server-process.ts'
import { type Session, SLICES, SLICES_QUICK } from './session.ts'
import { seededRandom } from './statistics.ts'
import { BLOCK_DEFAULTS, deriveVerdicts, MARGINS } from './verdicts.ts'

const CHURN_MS_QUICK = 150
/** What was disturbed once may be right the next time; what is wrong will be so again. */
const INSTRUMENT_TRIES = 2

/** Parts that a comparison may do without. */
export type Part = 'instrument' | 'gate' | 'explanation'

/** Whom a comparison tells how it goes. */
export interface Progress {
  /** What is done now, and how long it may take at most until all is done. */
  step(text: string, msLeft: number): void
  /** What must not be overlooked. */
  note(text: string): void
}

/** What to compare, and how. */
export interface ComparisonOptions {
  contestants: readonly Contestant[]
  title: string
  /** For people: how it was started. */
  command: string
  /** What differs from the defaults. Without `openRate` a pilot finds it. */
  settings?: Partial<Settings>
  /** @default all */
  metrics?: readonly Metric[]
  /** @default none */
  leaveOut?: readonly Part[]
  /** Takes seconds; its figures mean nothing. @default false */
  isQuick?: boolean
  progress?: Progress
  /** Put before the generator's command, for instance what starves it. @default nothing */
  generatorPrefix?: readonly string[]
}

/** Settings for whatever is not told otherwise, but `openRate`. */
export function defaultSettings(
  isQuick: boolean,
  minutesMax: number = BLOCK_DEFAULTS.minutesMax,
): Omit<Settings, 'openRate'> {
  const { blocksMin, blocksMax } = BLOCK_DEFAULTS
  const share = minutesMax / BLOCK_DEFAULTS.minutesMax
  return {
    seed: randomInt(2 ** 31),
    ...BLOCK_DEFAULTS,
    minutesMax,
    blocksMax: Math.max(blocksMin, Math.ceil(blocksMax * share)),
    margins: { ...MARGINS },
    users: 20,
    depth: 1,
    objectiveMs: 5,
    ...(isQuick && { minutesMax: 2, blocksMin: 2, blocksMax: 2, roundsPerBlock: 2 }),
  }
}

/**
 * Runs a comparison. Rejects with ERR_LANCELOT_MACHINE where the machine lacks what it needs, with
 * ERR_LANCELOT_LOAD where the generator fails, with ERR_LANCELOT_OPTION_RANGE for names that clash.
 */
export async function runComparison(options: ComparisonOptions): Promise<RunFile> {
  const { contestants, isQuick = false, progress, generatorPrefix = [] } = options
  requireUniqueNames(contestants)
  requireTools('taskset')
  const begin = performance.now()
  const startedAt = new Date().toISOString()
  const settings = {
    ...defaultSettings(isQuick, options.settings?.minutesMax),
    openRate: 0,
    ...options.settings,
  }
  const elapsedMs = (): number => performance.now() - begin
  const session: Session = {
    generator: await startGenerator(LOAD_CORE, generatorPrefix),
    settings,
    slices: isQuick ? SLICES_QUICK : SLICES,
    metrics: options.metrics ?? METRICS,
    random: seededRandom(settings.seed),
    elapsedMs,
    // A smoke run shows every part, whatever time it takes.
    isOver: () => !isQuick && elapsedMs() > settings.minutesMax * 60_000,
    tell: text => progress?.step(text, settings.minutesMax * 60_000 - elapsedMs()),
    note: text => progress?.note(text),
  }
  const cores = `servers on core ${SERVER_CORE}, the generator on core ${LOAD_CORE}`
  session.note(`seed ${settings.seed}; ${cores}`)
  try {
    const measured = await measureAll(session, options)
    const { title, command } = options
    const run = {
      format: 'lancelot-comparison-1' as const,
      title,
      command,
      startedAt,
      finishedAt: new Date().toISOString(),
      machine: machineRecord(),
      settings: session.settings,
      contestants: contestants.map(recordOf),
      ...measured,
    }
    return { ...run, ...deriveVerdicts(run) }
  } finally {
    await session.generator.stop()
  }
}

type Measured = Pick<RunFile, 'gate' | 'instrument' | 'blocks' | 'spectra'> & Explained

async function measureAll(session: Session, options: ComparisonOptions): Promise<Measured> {
  const { contestants, leaveOut = [], isQuick = false } = options
  const instrument = leaveOut.includes('instrument') ? [] : await proveInstrument(session, isQuick)
  const gate = new GateBook(contestants)
  for (const contestant of contestants.filter(({ build }) => build !== undefined)) {
    session.tell(`build: ${contestant.name}`)
    const fault = await buildContestant(contestant)
    if (fault !== undefined) gate.fail(contestant.name, 'building', fault)
  }
  if (!leaveOut.includes('gate')) await faceAll(session, gate, isQuick)
  let explained: Explained = { cycles: [], growth: [], limiters: [] }
  const isTrusted = instrument.every(({ passed }) => passed)
  // A smoke run goes on, for it is there to see that every part works.
  if (gate.passing().length < 2 || !(isTrusted || isQuick) || session.isOver()) {
    return { instrument, gate: gate.records(), blocks: [], spectra: {}, ...explained }
  }
  const explains = !leaveOut.includes('explanation')
  const capacities = await findRates(session, gate, explains)
  if (explains) explained = await explain(session, gate.passing(), isQuick)
  const begun = { session, gate, instrument, capacities, isQuick }
  const { sound, healths } = await measureBlocks(begun, contestants.map(recordOf))
  return {
    instrument: [...instrument, ...checkBlocks(healths)],
    gate: gate.records(),
    blocks: sound.map(({ record }) => record),
    spectra: spectraOf(sound),
    ...explained,
  }
}

async function proveInstrument(session: Session, isQuick: boolean): Promise<InstrumentCheck[]> {
  const times = isQuick ? INSTRUMENT_TIMES_QUICK : INSTRUMENT_TIMES
  let checks: InstrumentCheck[] = []
  for (let attempt = 1; attempt <= (isQuick ? 1 : INSTRUMENT_TRIES); attempt++) {
    session.tell('instrument: the generator proves itself')
    checks = await checkInstrument(session.generator, times)
    const failed = checks.filter(({ passed }) => !passed)
    if (failed.length === 0) break
    session.note(`instrument: over its bound: ${failed.map(({ name }) => name).join(', ')}`)
  }
  return checks
}

async function faceAll(session: Session, gate: GateBook, isQuick: boolean): Promise<void> {
  const { seed } = session.settings
  for (const contestant of gate.passing()) {
    if (session.isOver()) return session.note('the time was over before all had faced the gate')
    session.tell(`gate: ${contestant.name} faces the mistakes`)
    try {
      const options = isQuick ? { seed, churnMs: CHURN_MS_QUICK } : { seed }
      gate.add(await faceGate(contestant, options))
    } catch (error) {
      if (!isTargetFault(error)) throw error
      gate.fail(contestant.name, 'starting', error.message)
    }
  }
  for (const { name, checks } of gate.records()) {
    for (const check of checks) {
      if (check.result === 'failed') session.note(`${name} is refused: ${check.name}`)
    }
  }
}

/** About the capacity of each; and the rate of the open load, unless it was told. */
async function findRates(
  session: Session,
  gate: GateBook,
  explains: boolean,
): Promise<Map<string, number>> {
  const { metrics, settings } = session
  const needsRate = explains || metrics.includes('p50') || metrics.includes('p99')
  const isToldRate = settings.openRate > 0
  if (!metrics.includes('capacity') && (isToldRate || !needsRate)) return new Map()
  const pilot = await runPilot(session, gate.passing())
  for (const { name, load, detail } of pilot.faults) {
    gate.fail(name, load, detail)
    session.note(`${name} is refused: ${load}: ${detail}`)
  }
  if (!isToldRate) session.settings = { ...settings, openRate: openRateOf(pilot) }
  return pilot.capacities
}
