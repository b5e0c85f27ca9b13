/** The command `compare`: which of several server designs costs less, with verdicts. */

import { access, constants, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { ARCHITECTURES } from '../architectures/gallery.ts'
import { LancelotError } from '../errors.ts'
import { type ComparisonOptions, runComparison } from '../load/comparison.ts'
import {
  architectureContestant,
  type Contestant,
  commandContestant,
  readContestants,
  requireUniqueNames,
} from '../load/contestants.ts'
import { renderReport } from '../load/report/page.ts'
import { METRICS, type Metric, type RunFile, type Settings } from '../load/run-file.ts'
import { MARGINS } from '../load/verdicts.ts'
import { nearestName } from '../nearest-name.ts'
import { toInteger } from './arguments.ts'
import { type CompareView, createCompareView } from './compare-view.ts'
import { fail } from './failure.ts'

/** What is compared unless anything is named. */
const DEFAULT_ARCHITECTURES: readonly string[] = [
  'poll',
  'callback',
  'coroutine',
  'worker-threads',
  'thread-per-connection',
  'poll-syscall',
]
const EXIT_NO_VERDICT = 4
const USERS_MAX = 10_000
const DEPTH_MAX = 1000

interface CompareFlags {
  architecture?: string[]
  command?: Contestant[]
  contestants?: string
  only?: string
  json?: string
  report?: string
  minutes?: number
  users?: number
  depth?: number
  rate?: number
  objectiveMs?: number
  metrics?: Metric[]
  seed?: number
  margin?: Partial<Record<Metric, number>>
  quick?: true
  title?: string
}

/** Adds the command to the program. */
export function addCompare(program: Command): void {
  program
    .command('compare')
    .summary('compare server designs, with verdicts')
    .description(
      'Compares server designs: first all must answer rightly, whatever clients do; then their ' +
        'CPU per request, capacity and response times are measured in turns, until the ' +
        'differences are sure. Without --architecture and --command: ' +
        `${DEFAULT_ARCHITECTURES.join(', ')}.`,
    )
    .option('--architecture <name>', 'a design of this package (may be repeated)', toArchitectures)
    .option(
      '--command <name=command>',
      'another server: split into words as a shell would, {port} is where to listen (repeated)',
      toCommands,
    )
    .option('--contestants <file>', 'a JSON list of servers; those that can run here')
    .option('--only <names>', 'of the contestants in the file only these: a,b,c')
    .option('--json <file>', 'write all that was measured, and the verdicts')
    .option('--report <file>', 'write the report, one HTML file')
    .option('--minutes <number>', 'end after so long (default: 10)', toPositive)
    .option('--users <number>', 'who ask at once (default: 20)', toRange(USERS_MAX))
    .option('--depth <number>', 'questions each sends at once (default: 1)', toRange(DEPTH_MAX))
    .option('--rate <number>', 'requests a second for p50 and p99 (default: found)', toPositive)
    .option('--objective-ms <ms>', 'capacity keeps p99 within this (default: 5)', toPositive)
    .addOption(metricsOption())
    .option('--seed <number>', 'repeats the order and the arrivals of another run', toInteger)
    .option(
      '--margin <metric=share>',
      `differences nobody cares for (default: ${describeMargins()}; repeated)`,
      toMargins,
    )
    .option('--quick', 'a smoke run of seconds; its figures mean nothing')
    .option('--title <text>', 'what the report is called')
    .action(compare)
}

async function compare(flags: CompareFlags): Promise<void> {
  let view: CompareView | undefined
  try {
    const contestants = await contestantsOf(flags)
    for (const file of [flags.json, flags.report]) {
      if (file !== undefined) await requireWritable(file)
    }
    view = createCompareView(process.stderr)
    const run = await runComparison({ ...optionsOf(flags, contestants), progress: view })
    view.end()
    if (flags.json !== undefined) await writeFile(flags.json, `${JSON.stringify(run, null, 1)}\n`)
    if (flags.report !== undefined) await writeFile(flags.report, renderReport([run]))
    tell(run, flags.quick === true)
    if (run.noVerdict !== null) process.exitCode = EXIT_NO_VERDICT
  } catch (error) {
    view?.end()
    fail(error, { json: false })
  }
}

async function contestantsOf(flags: CompareFlags): Promise<Contestant[]> {
  const fromFile = await fileContestants(flags)
  const named = [...(flags.command ?? []), ...fromFile]
  const isNone = flags.command === undefined && flags.architecture === undefined
  const architectures = isNone ? DEFAULT_ARCHITECTURES : (flags.architecture ?? [])
  const contestants = [
    ...architectures.map(name => architectureContestant(name, summaryOf(name))),
    ...named,
  ]
  requireUniqueNames(contestants)
  if (contestants.length >= 2) return contestants
  const found = contestants[0]?.name ?? 'nothing'
  throw wrongUse(`only ${found} is to be compared; name at least two designs`)
}

/** Those of the file that are wanted and can run here; the others are named. */
async function fileContestants({ contestants: file, only }: CompareFlags): Promise<Contestant[]> {
  if (file === undefined) {
    if (only === undefined) return []
    throw wrongUse('--only is given without --contestants; name the file it chooses from')
  }
  const { contestants, leftOut } = await readContestants(file)
  const known = [...contestants, ...leftOut].map(({ name }) => name)
  const wanted = only?.split(',') ?? known
  const stranger = wanted.find(name => !known.includes(name))
  if (stranger !== undefined) {
    throw wrongUse(`--only names '${stranger}', which ${file} has not; it has ${known.join(', ')}`)
  }
  for (const { name, reason } of leftOut.filter(({ name }) => wanted.includes(name))) {
    process.stderr.write(`note: ${name} is left out: ${reason}\n`)
  }
  return contestants.filter(({ name }) => wanted.includes(name))
}

function wrongUse(message: string): LancelotError {
  return new LancelotError('ERR_LANCELOT_OPTION_RANGE', message)
}

function optionsOf(flags: CompareFlags, contestants: readonly Contestant[]): ComparisonOptions {
  const { minutes, users, depth, rate, objectiveMs, seed, margin } = flags
  const settings: Partial<Settings> = {
    ...(minutes !== undefined && { minutesMax: minutes }),
    ...(users !== undefined && { users }),
    ...(depth !== undefined && { depth }),
    ...(rate !== undefined && { openRate: rate }),
    ...(objectiveMs !== undefined && { objectiveMs }),
    ...(seed !== undefined && { seed }),
    ...(margin !== undefined && { margins: { ...MARGINS, ...margin } }),
  }
  return {
    contestants,
    title: flags.title ?? contestants.map(({ name }) => name).join(', '),
    command: commandLine(),
    settings,
    isQuick: flags.quick === true,
    ...(flags.metrics !== undefined && { metrics: flags.metrics }),
  }
}

/** Verdicts and refusals, a sentence each. */
function tell(run: RunFile, isQuick: boolean): void {
  const write = (text: string): boolean => process.stdout.write(`${text}\n`)
  for (const { text } of run.verdicts) write(text)
  for (const { name, checks } of run.gate) {
    for (const { name: check, result, detail } of checks) {
      if (result === 'noted') write(`${name}, noted: ${check}: ${detail}`)
    }
  }
  for (const { name, reason } of run.refused) write(`${name} is refused: ${reason}`)
  if (run.noVerdict !== null) write(`no verdict: ${run.noVerdict}`)
  if (isQuick) write('This was a smoke run: its figures mean nothing.')
  write(`seed ${run.settings.seed}`)
}

async function requireWritable(file: string): Promise<void> {
  try {
    await access(dirname(file), constants.W_OK)
  } catch (cause) {
    const { message } = cause as Error
    throw new LancelotError(
      'ERR_LANCELOT_OPTION_RANGE',
      `${file} cannot be written: ${message}; name a file in a folder that exists`,
      { cause },
    )
  }
}

function commandLine(): string {
  const words = process.argv.slice(2).map(word => (/^[\w./,=:-]+$/.test(word) ? word : `'${word}'`))
  return ['lancelot', ...words].join(' ')
}

function summaryOf(name: string): string {
  return Object.entries(ARCHITECTURES).find(([known]) => known === name)?.[1].summary ?? ''
}

function toArchitectures(name: string, before: string[] = []): string[] {
  const known = Object.keys(ARCHITECTURES)
  if (known.includes(name)) return [...before, name]
  const near = nearestName(name, known)
  const hint = near === undefined ? '' : ` Did you mean ${near}?`
  throw new InvalidArgumentError(`Expected one of ${known.join(', ')}.${hint}`)
}

function toCommands(text: string, before: Contestant[] = []): Contestant[] {
  try {
    return [...before, commandContestant(text)]
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
}

function toPositive(text: string): number {
  const number = Number(text)
  if (/^[\d.]+$/.test(text) && number > 0) return number
  throw new InvalidArgumentError('A number over 0 is expected.')
}

function toRange(max: number): (text: string) => number {
  return text => {
    const number = toInteger(text)
    if (number >= 1 && number <= max) return number
    throw new InvalidArgumentError(`A whole number from 1 to ${max} is expected.`)
  }
}

function metricsOption(): Option {
  const meaning = `some of ${METRICS.join(',')} (default: all)`
  return new Option('--metrics <list>', meaning).argParser((text: string) =>
    text.split(',').map(toMetric),
  )
}

function toMetric(word: string): Metric {
  const found = METRICS.find(metric => metric === word.trim())
  if (found !== undefined) return found
  throw new InvalidArgumentError(`There is no metric '${word}'; expected ${METRICS.join(', ')}.`)
}

function toMargins(
  text: string,
  before: Partial<Record<Metric, number>> = {},
): Partial<Record<Metric, number>> {
  const [metric = '', share = ''] = text.split('=')
  return { ...before, [toMetric(metric)]: toPositive(share) }
}

function describeMargins(): string {
  return METRICS.map(metric => `${metric}=${MARGINS[metric]}`).join(' ')
}
