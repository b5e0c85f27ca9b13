/** The command `compare`: which of several server designs costs less, with verdicts. */

import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { type ComparisonOptions, runComparison } from '../load/comparison.ts'
import type { Contestant } from '../load/contestants.ts'
import { renderReport } from '../load/report/page.ts'
import { METRICS, type Metric, type RunFile, type Settings } from '../load/run-file.ts'
import { MARGINS } from '../load/verdicts.ts'
import { toInteger } from './arguments.ts'
import {
  toArchitectures,
  toCommands,
  toCount,
  toMargins,
  toMetrics,
  toPositive,
} from './compare-arguments.ts'
import {
  type ContestantFlags,
  contestantsOf,
  DEFAULT_ARCHITECTURES,
} from './compare-contestants.ts'
import { type CompareView, createCompareView } from './compare-view.ts'
import { type ExitCode, fail } from './failure.ts'
import { requireWritable } from './run-files.ts'

const EXIT_NO_VERDICT: ExitCode = 4
const MINUTES_MAX = 1440
const USERS_MAX = 10_000
const DEPTH_MAX = 1000
const RATE_MAX = 1_000_000
/** Answers of the searches for a capacity that are later than twice this are late. */
const OBJECTIVE_MS_MAX = 100

const AFTER = `
It compares once the instrument has proved itself and the designs have faced the gate; seeds, cores
and what could not be set on this machine are printed. Ctrl-C while blocks are measured ends it with
the verdicts of the blocks before.

Examples:
  lancelot compare --report report.html
  lancelot compare --architecture poll --architecture select --minutes 4
  lancelot compare --architecture poll --command 'mine=python3 server.py {port}' --json run.json
  lancelot compare --contestants bench/peers/contestants.json --only go,redis`

interface CompareFlags extends ContestantFlags {
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
    .option('--minutes <number>', 'end after so long (default: 10)', toPositive(MINUTES_MAX))
    .option('--users <number>', 'who ask at once (default: 20)', toCount(USERS_MAX))
    .option('--depth <number>', 'questions each sends at once (default: 1)', toCount(DEPTH_MAX))
    .option(
      '--rate <number>',
      'requests a second for p50 and p99 (default: found)',
      toPositive(RATE_MAX),
    )
    .option(
      '--objective-ms <ms>',
      'capacity keeps p99 within this (default: 5)',
      toPositive(OBJECTIVE_MS_MAX),
    )
    .option('--metrics <list>', `some of ${METRICS.join(',')} (default: all)`, toMetrics)
    .option('--seed <number>', 'repeats the order and the arrivals of another run', toInteger)
    .option(
      '--margin <metric=share>',
      `differences nobody cares for (default: ${describeMargins()}; repeated)`,
      toMargins,
    )
    .option('--quick', 'a smoke run of seconds; its figures mean nothing')
    .option('--title <text>', 'what the report is called')
    .addHelpText('after', AFTER)
    .action(compare)
}

async function compare(flags: CompareFlags): Promise<void> {
  let view: CompareView | undefined
  try {
    const { contestants, leftOut } = await contestantsOf(flags)
    await requireWritable([flags.json, flags.report])
    view = createCompareView(process.stderr)
    for (const { name, reason } of leftOut) view.note(`${name} is left out: ${reason}`)
    const run = await runComparison({ ...optionsOf(flags, contestants), progress: view })
    view.end()
    tell(run, flags.quick === true)
    if (flags.json !== undefined) await writeFile(flags.json, `${JSON.stringify(run, null, 1)}\n`)
    if (flags.report !== undefined) await writeFile(flags.report, renderReport([run]))
    if (run.noVerdict !== null) process.exitCode = EXIT_NO_VERDICT
  } catch (error) {
    view?.end()
    fail(error, { json: false })
  }
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
  for (const sentence of run.machine.notSet) write(`not set: ${sentence}`)
  if (isQuick) write('This was a smoke run: its figures mean nothing.')
  write(`seed ${run.settings.seed}`)
}

function commandLine(): string {
  const words = process.argv.slice(2).map(word => (/^[\w./,=:-]+$/.test(word) ? word : `'${word}'`))
  return ['lancelot', ...words].join(' ')
}

function describeMargins(): string {
  return METRICS.map(metric => `${metric}=${MARGINS[metric]}`).join(' ')
}
