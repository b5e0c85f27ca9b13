/**
 * The benchmark's command line: `npm run bench -- [COMMAND] [OPTIONS]`.
 *
 * Parses, runs, and ends with 0, with 1 when any answer was wrong, lost or missing, or with 2 when
 * the benchmark could not be run.
 */

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { LancelotError } from '../src/errors.ts'
import { describeMachine } from '../src/load/machine.ts'
import { BenchError } from './bench-error.ts'
import { runBlocked } from './blocked.ts'
import { BORDER_ROWS, parseBorderRows, runBorder } from './border.ts'
import { type Faults, isFaulty, sumFaults } from './faults.ts'
import { runInstructions } from './instructions.ts'
import { runMemory } from './memory.ts'
import { DEFAULT_SERVER_NAMES, parseServerNames, SERVER_NAMES, type ServerName } from './servers.ts'
import { runSlices } from './slices.ts'
import { runSyscalls } from './syscalls.ts'
import { runVerdicts } from './verdicts.ts'

const HELP = `npm run bench -- [COMMAND] [OPTIONS]

COMMAND (default: slices, syscalls, memory and blocked, one after the other)
  slices        server CPU per request against the floor and node:net, four loads
  syscalls      system calls per request, by strace
  memory        user memory per idle connection
  blocked       throughput while JavaScript is blocked
  instructions  user instructions per request, by callgrind
  border        the border to JavaScript: handlers, events, memory, pushes, crossing
  verdicts      how often the comparator is right: equal floors, 3 % planted, stops, starving

OPTIONS
  --quick            a short smoke of the instruments; its figures mean nothing
  --rounds N         slices of each server under each load, 2 or more (24)
  --servers A,B      some of: ${SERVER_NAMES.join(', ')}
                     (all but engine, which is native's engine without Node, and bun)
  --rows A,B         of border, some of: ${BORDER_ROWS.join(', ')} (all)
  --repeat N         of verdicts, repeats of each comparison, 1 or more (20)
  --output FILE      of verdicts, the results as JSON (verdicts.json)
  --seed N           repeats the order and the intervals of a run
  --help             prints this
`

/** What every run is told. */
interface Settings {
  quick: boolean
  rounds: number
  names: ServerName[]
  rows: string[]
  repeat: number
  output: string
  seed: number
}

const RUNS: Readonly<Record<string, (settings: Settings) => Promise<Faults>>> = {
  slices: runSlices,
  syscalls: ({ names, quick }) => runSyscalls(names, quick),
  memory: ({ names, quick }) => runMemory(names, quick),
  blocked: ({ quick }) => runBlocked(quick),
  instructions: ({ quick }) => runInstructions(quick),
  border: ({ rows, ...settings }) => runBorder(rows, settings),
  verdicts: runVerdicts,
}
const DEFAULT_RUNS = ['slices', 'syscalls', 'memory', 'blocked']

function parseNumber(name: string, text: string, min: number): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= min) return value
  throw new BenchError('BAD_ARGUMENT', `--${name} is '${text}'; expected a number from ${min} up`)
}

function parseCommand(): { commands: string[]; settings: Settings } | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      servers: { type: 'string', default: DEFAULT_SERVER_NAMES.join(',') },
      rows: { type: 'string', default: BORDER_ROWS.join(',') },
      repeat: { type: 'string' },
      output: { type: 'string', default: 'verdicts.json' },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const commands = positionals.length > 0 ? positionals : DEFAULT_RUNS
  for (const command of commands) {
    if (command in RUNS) continue
    const known = Object.keys(RUNS).join(', ')
    throw new BenchError('BAD_ARGUMENT', `there is no command '${command}'; expected ${known}`)
  }
  const settings = {
    quick: values.quick,
    rounds: parseNumber('rounds', values.rounds ?? (values.quick ? '3' : '24'), 2),
    names: parseServerNames(values.servers),
    rows: parseBorderRows(values.rows),
    repeat: parseNumber('repeat', values.repeat ?? (values.quick ? '1' : '20'), 1),
    output: values.output,
    seed: parseNumber('seed', values.seed, 0),
  }
  return { commands, settings }
}

async function main(): Promise<number> {
  const parsed = parseCommand()
  if (parsed === undefined) {
    console.log(HELP)
    return 0
  }
  const { commands, settings } = parsed
  console.log(`${describeMachine()}, seed ${settings.seed}, ${settings.rounds} rounds`)
  const faults: Faults[] = []
  for (const command of commands) {
    const run = RUNS[command]
    if (run !== undefined) faults.push(await run(settings))
  }
  const sum = sumFaults(faults)
  console.log(`\nAnswers wrong ${sum.wrong}, lost ${sum.lost}, missing ${sum.missing}.`)
  return isFaulty(sum) ? 1 : 0
}

/** Our own errors and misspelt options are for the reader; anything else needs its stack. */
function describe(error: unknown): unknown {
  if (error instanceof BenchError || error instanceof LancelotError) {
    return `${error.code}: ${error.message}`
  }
  const isMisspelt = error instanceof TypeError && 'code' in error
  return isMisspelt ? `BAD_ARGUMENT: ${error.message}\n\n${HELP}` : error
}

try {
  const code = await main()
  // A signal may have set one.
  if (code !== 0) process.exitCode = code
} catch (error) {
  console.error(describe(error))
  process.exitCode = 2
}
