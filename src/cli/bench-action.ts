/** What the command `bench` does: from its flags to figures, files, tables and an exit code. */

import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { LancelotError } from '../errors.ts'
import { readExchanges } from '../load/bench-exchanges.ts'
import { benchHdrLog, benchJson, benchRows } from '../load/bench-export.ts'
import { type BenchFlags, planBench } from '../load/bench-plan.ts'
import { type Bench, type BenchResult, benchResults } from '../load/bench-run.ts'
import { parseTargets, requireListening, showPlace, type Target } from '../load/bench-targets.ts'
import { benchText, failureTexts } from '../load/bench-text.ts'
import { planTls, type TlsFlags } from '../load/bench-tls.ts'
import { catchInterrupt, wasInterrupted } from '../load/child-processes.ts'
import { toCsv } from '../load/csv.ts'
import { type FailIf, needsServer, parseFailIf } from '../load/fail-if.ts'
import { startGenerator } from '../load/generator.ts'
import { findServerPid } from '../load/listeners.ts'
import { createView } from '../load/live-view.ts'
import { LOAD_CORE } from '../load/machine.ts'
import { rangeError } from '../option-table.ts'
import { type ExitCode, fail } from './failure.ts'
import { requireWritable } from './run-files.ts'

/** The exit code of a measurement of which a --fail-if came true. */
const EXIT_FAILED_IF: ExitCode = 3

/** The flags as the command line gives them. */
export interface BenchCommandFlags extends BenchFlags, TlsFlags {
  pid?: number
  core?: number
  exchanges?: string
  greeting?: string
  json?: string | true
  csv?: string | true
  hdr?: string
  failIf?: string[]
}

/** Measures what was asked for, and makes the process exit with what came of it. */
export async function bench(texts: string[], flags: BenchCommandFlags): Promise<void> {
  const results: BenchResult[] = []
  catchInterrupt()
  try {
    const plan = await planOf(texts, flags)
    const generator = await startGenerator(flags.core ?? defaultCore())
    try {
      for await (const result of benchResults(generator, plan, createView(process.stderr))) {
        results.push(result)
      }
    } finally {
      await generator.stop()
      // What was measured before something failed is told all the same.
      if (results.length > 0) await write(results, flags, plan.plan.common.seed)
    }
    tellFailures(results)
  } catch (error) {
    // The generator was ended with everything else, and why was told.
    if (!wasInterrupted()) fail(error, { json: flags.json === true })
  }
}

/** Checks everything that can be wrong before anything is measured. */
async function planOf(texts: readonly string[], flags: BenchCommandFlags): Promise<Bench> {
  const plan = planBench(flags)
  const conditions = (flags.failIf ?? []).map(parseFailIf)
  const targets = parseTargets(texts)
  if (flags.pid !== undefined && targets.length > 1) {
    throw rangeError('--pid', 'given', 'with one target only')
  }
  if (flags.json === true && flags.csv === true) {
    throw rangeError('--json and --csv', 'both without a file', 'one of them on stdout')
  }
  const exchanges = flags.exchanges && (await readExchanges(flags.exchanges))
  await requireWritable([flags.json, flags.csv, flags.hdr])
  const tls = await planTls(flags)
  for (const target of targets) await requireListening(target)
  const sampled = targets.map(target => sample(target, flags.pid, conditions))
  return {
    targets: sampled,
    plan,
    conditions,
    ...(exchanges && { exchanges }),
    ...(flags.greeting !== undefined && { greeting: flags.greeting }),
    ...(tls !== undefined && { tls }),
  }
}

function sample(
  target: Target,
  given: number | undefined,
  conditions: readonly FailIf[],
): Bench['targets'][number] {
  const pid = given ?? findServerPid(target.port)
  if (pid !== undefined) return { ...target, pid }
  const judged = conditions.find(needsServer)
  if (judged === undefined) return target
  throw new LancelotError(
    'ERR_LANCELOT_TARGET',
    `--fail-if '${judged.text}' needs the process that listens at ${showPlace(target)}, which ` +
      'was not found; --pid names it',
  )
}

/** Beside the server, where there are cores enough and the system can pin. */
function defaultCore(): number | undefined {
  return process.platform === 'linux' && availableParallelism() > 1 ? LOAD_CORE : undefined
}

async function write(
  results: BenchResult[],
  flags: BenchCommandFlags,
  seed: number,
): Promise<void> {
  const json = (): string => `${JSON.stringify(benchJson(results, seed))}\n`
  const csv = (): string => toCsv(benchRows(results))
  if (typeof flags.json === 'string') await writeFile(flags.json, json())
  if (typeof flags.csv === 'string') await writeFile(flags.csv, csv())
  if (flags.hdr !== undefined) await writeFile(flags.hdr, benchHdrLog(results))
  if (flags.json === true) process.stdout.write(json())
  else process.stdout.write(flags.csv === true ? csv() : benchText(results))
}

function tellFailures(results: readonly BenchResult[]): void {
  const failures = failureTexts(results)
  if (failures.length === 0) return
  process.exitCode = EXIT_FAILED_IF
  for (const failure of failures) process.stderr.write(`lancelot: ${failure}\n`)
}
