/**
 * Derives every verdict of a report again from the data in it, draws the page again, and says what
 * does not follow.
 */

import type { RunFile, Verdict } from '../run-file.ts'
import { deriveVerdicts } from '../verdicts.ts'
import { isSealWhole } from './embedded.ts'
import { renderReport } from './page.ts'
import { readRuns } from './read-runs.ts'
import { shownTexts } from './shown.ts'

/** How far figures may be apart, for the mathematics of another machine. */
const TOLERANCE = 1e-9

export interface Verification {
  /** Verdicts that follow from the data, refusals and `noVerdict` not counted. */
  verified: number
  /** What does not follow, a sentence each. Empty where all is well. */
  differences: string[]
}

/**
 * Verifies a report or a run's file, given as text.
 *
 * Throws `ERR_LANCELOT_RUN_FILE` where there are no runs to verify, or a histogram is none; see
 * `readRuns` and `renderReport`.
 */
export function verifyReport(text: string, name?: string): Verification {
  const runs = readRuns(text, name)
  const found = runs.map((run, index) =>
    verifyRun(run, runs.length > 1 ? `run ${index + 1}: ` : ''),
  )
  const differences = found.flatMap(each => each.differences)
  if (text.trimStart().startsWith('<')) differences.push(...pageDifferences(text, runs))
  return { verified: found.reduce((sum, each) => sum + each.verified, 0), differences }
}

/** The words and figures that people see have to be those that the data gives. */
function pageDifferences(page: string, runs: readonly RunFile[]): string[] {
  const advice = 'lancelot report draws it anew from its data'
  const differences: string[] = []
  const [told, given] = [page, renderReport(runs)].map(shownTexts)
  const at = (given ?? []).findIndex((each, index) => told?.[index] !== each)
  if (at >= 0 || told?.length !== given?.length) {
    const place = at >= 0 ? at : (given?.length ?? 0)
    const found = `${show(told?.[place])} where its data gives ${show(given?.[place])}`
    differences.push(`the page shows ${found}; it was changed, or is of another version; ${advice}`)
  }
  if (!isSealWhole(page)) differences.push(`the file was changed after it was written; ${advice}`)
  return differences
}

function verifyRun(run: RunFile, place: string): Verification {
  const derived = deriveVerdicts(run)
  const differences: string[] = []
  const key = (verdict: Verdict): string =>
    `${JSON.stringify(verdict.a)} against ${JSON.stringify(verdict.b)} by ${verdict.metric}`
  const told = new Map(run.verdicts.map(verdict => [key(verdict), verdict]))
  let verified = 0
  for (const verdict of derived.verdicts) {
    const there = told.get(key(verdict))
    const found = there ? differenceOf(there, verdict) : 'the verdict is missing'
    told.delete(key(verdict))
    if (found === undefined) verified += 1
    else differences.push(`${place}${key(verdict)}: ${found}`)
  }
  for (const extra of told.keys()) {
    differences.push(`${place}${extra}: the data gives no such verdict`)
  }
  if (run.verdicts.length > derived.verdicts.length && told.size === 0) {
    differences.push(`${place}a verdict stands there twice`)
  }
  differences.push(...refusalDifferences(run, derived, place))
  return { verified, differences }
}

function differenceOf(told: Verdict, derived: Verdict): string | undefined {
  for (const field of ['verdict', 'ratio', 'low', 'high', 'moreMinutes', 'text'] as const) {
    if (isSame(told[field], derived[field])) continue
    return `${field} is ${show(told[field])}; the data gives ${show(derived[field])}`
  }
  return undefined
}

function refusalDifferences(
  run: RunFile,
  derived: Pick<RunFile, 'refused' | 'noVerdict'>,
  place: string,
): string[] {
  const differences: string[] = []
  if (run.noVerdict !== derived.noVerdict) {
    differences.push(
      `${place}noVerdict is ${show(run.noVerdict)}; the data gives ${show(derived.noVerdict)}`,
    )
  }
  const told = new Map(run.refused.map(({ name, reason }) => [name, reason]))
  const given = new Map(derived.refused.map(({ name, reason }) => [name, reason]))
  for (const name of new Set([...told.keys(), ...given.keys()])) {
    if (told.get(name) === given.get(name)) continue
    differences.push(
      `${place}refusal of ${JSON.stringify(name)} is ${show(told.get(name))}; ` +
        `the data gives ${show(given.get(name))}`,
    )
  }
  return differences
}

function isSame(one: string | number | undefined, other: string | number | undefined): boolean {
  if (typeof one !== 'number' || typeof other !== 'number') return one === other
  return Math.abs(one - other) <= TOLERANCE * Math.max(Math.abs(one), Math.abs(other))
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}
