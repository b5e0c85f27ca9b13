/** Results of a load generator that never ran: histograms of known times, and a generator. */

import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js'
import { type BenchFlags, planBench } from '../../src/load/bench-plan.ts'
import {
  type Beginning,
  type Bench,
  type BenchResult,
  benchResults,
} from '../../src/load/bench-run.ts'
import type { Generator } from '../../src/load/generator.ts'
import type { RunCommand, RunResult, SecondLine } from '../../src/load/load-protocol.ts'

/** A histogram of times in us, as the generator encodes its own. */
export function histogramOf(timesUs: readonly number[]): string {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 6e10,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 64,
  })
  for (const timeUs of timesUs) histogram.recordValue(timeUs * 1000)
  return encodeIntoCompressedBase64(histogram)
}

const COUNTS = { due: 100, right: 100, wrong: 0, lost: 0, late: 0, refused: 0, unanswered: 0 }

const USAGE = {
  wallUs: 1_000_000,
  serverCpuUs: 2000,
  serverUserUs: 500_000,
  serverSystemUs: 250_000,
  serverVoluntarySwitches: 40,
  serverInvoluntarySwitches: 10,
  serverResidentBytes: 2 ** 20,
  serverAnonymousBytes: 2 ** 19,
  serverThreads: 2,
  serverProcesses: 1,
  listenOverflows: 0,
  loadCpuUs: 300_000,
  loadStolenUs: 0,
}

/** A second with a hundred right answers, of 1 to 100 us, unless it is said otherwise. */
export function secondLine(second: number, fields: Partial<SecondLine> = {}): SecondLine {
  const times = histogramOf(Array.from({ length: 100 }, (_, index) => index + 1))
  return { second, ...COUNTS, ...USAGE, responseTimes: times, serviceTimes: times, ...fields }
}

/** The same as a whole run. */
export function runResult(fields: Partial<RunResult> = {}): RunResult {
  const { second: _, ...line } = secondLine(0)
  return {
    ok: true,
    ...line,
    connectionsPeak: 20,
    sendLags: '',
    connectTimes: '',
    p50Us: 50,
    p90Us: 90,
    p99Us: 99,
    p999Us: 100,
    maxUs: 100,
    sendLagP99Us: 0,
    ...fields,
  }
}

/** A generator that says two seconds and a result, and writes down what it was told. */
export class FakeGenerator implements Pick<Generator, 'run'> {
  readonly commands: RunCommand[] = []
  readonly #fields: Partial<RunResult>

  constructor(fields: Partial<RunResult> = {}) {
    this.#fields = fields
  }

  async run(command: RunCommand, onSecond?: (line: SecondLine) => void): Promise<RunResult> {
    this.commands.push(command)
    onSecond?.(secondLine(0))
    onSecond?.(secondLine(1, { wrong: 2 }))
    return runResult(this.#fields)
  }
}

/** A view that writes down what it is told. */
export class FakeView {
  readonly told: (Beginning | number | 'end')[] = []

  begin(beginning: Beginning): void {
    this.told.push(beginning)
  }

  second(line: SecondLine): void {
    this.told.push(line.second)
  }

  end(): void {
    this.told.push('end')
  }
}

/** Measures one target, or those given, with a generator that only says so. */
export async function measured(
  flags: BenchFlags,
  bench: Partial<Bench> = {},
  generator: Pick<Generator, 'run'> = new FakeGenerator(),
): Promise<BenchResult[]> {
  const targets = [{ name: 'poll', host: '127.0.0.1', port: 1060, pid: 7 }]
  const all = { targets, plan: planBench(flags), conditions: [], ...bench }
  const results: BenchResult[] = []
  for await (const result of benchResults(generator, all, new FakeView())) results.push(result)
  return results
}
