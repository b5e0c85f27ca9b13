/**
 * The measurements of `lancelot bench`: every target through every step, one after the other.
 *
 * Tells a view what happens meanwhile; writes nothing itself.
 */

import { type BenchFigures, figuresOf, warningsOf } from './bench-figures.ts'
import type { BenchPlan, BenchStep } from './bench-plan.ts'
import type { Target } from './bench-targets.ts'
import { type FailIf, type Failure, failuresOf } from './fail-if.ts'
import type { Generator } from './generator.ts'
import type { RunCommand, RunResult, SecondLine } from './load-protocol.ts'

/** A target whose process may be known. */
export interface SampledTarget extends Target {
  pid?: number
}

/** All that is to be measured. */
export interface Bench {
  targets: readonly SampledTarget[]
  plan: BenchPlan
  /** @default those of the Launcelot protocol */
  exchanges?: RunCommand['exchanges']
  /** @default '' */
  greeting?: string
  /** @default plain */
  tls?: RunCommand['tls']
  conditions: readonly FailIf[]
}

/** One step of one target, measured. */
export interface BenchResult {
  target: SampledTarget
  step: BenchStep
  /** When the warm-up began, in ms since 1970. */
  startedAtMs: number
  warmMs: number
  seconds: readonly SecondLine[]
  result: RunResult
  figures: BenchFigures
  warnings: readonly string[]
  failures: readonly Failure[]
}

/** One measurement, before it begins. */
export interface Beginning {
  target: string
  step: string
  kind: BenchStep['model']['kind']
  /** The how many-th this is, from 1 on, and of how many. */
  number: number
  of: number
  warmMs: number
  measureMs: number
}

/** Who is told how it goes. */
export interface BenchView {
  begin(beginning: Beginning): void
  second(line: SecondLine): void
  /** The measurement that began is over, well or not. */
  end(): void
}

/**
 * Measures all, and gives each result when it is there. Throws ERR_LANCELOT_LOAD when the generator
 * could not; what was given before stays true.
 */
export async function* benchResults(
  generator: Pick<Generator, 'run'>,
  bench: Bench,
  view: BenchView,
): AsyncGenerator<BenchResult, undefined> {
  const { steps, common } = bench.plan
  const pairs = bench.targets.flatMap(target => steps.map(step => ({ target, step })))
  for (const [index, { target, step }] of pairs.entries()) {
    view.begin({
      target: target.name,
      step: step.label,
      kind: step.model.kind,
      number: index + 1,
      of: pairs.length,
      warmMs: common.warmMs,
      measureMs: common.measureMs,
    })
    let result: BenchResult
    try {
      result = await measure(generator, bench, target, step, view)
    } finally {
      view.end()
    }
    yield result
  }
}

async function measure(
  generator: Pick<Generator, 'run'>,
  { plan, exchanges, greeting, tls, conditions }: Bench,
  target: SampledTarget,
  step: BenchStep,
  view: BenchView,
): Promise<BenchResult> {
  const { host, port, pid } = target
  const seconds: SecondLine[] = []
  const startedAtMs = Date.now()
  const command: RunCommand = {
    ...plan.common,
    host,
    port,
    ...(pid !== undefined && { pid }),
    model: step.model,
    ...(exchanges !== undefined && { exchanges }),
    ...(greeting !== undefined && { greeting }),
    ...(tls !== undefined && { tls }),
  }
  const result = await generator.run(command, line => {
    seconds.push(line)
    view.second(line)
  })
  const figures = figuresOf(result, pid !== undefined)
  return {
    target,
    step,
    startedAtMs,
    warmMs: plan.common.warmMs,
    seconds,
    result,
    figures,
    warnings: warningsOf(figures, step.model),
    failures: failuresOf(conditions, figures, step.model),
  }
}
