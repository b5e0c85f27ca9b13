/**
 * When a comparison has measured enough.
 *
 * Pure: time comes in. It may end early only at a look (see `looks.ts`), for an end that is chosen
 * by what was seen makes chance look like a difference. For want of time it may end at any block.
 */

import { looksOf } from './looks.ts'
import { METRICS, type Metric, type Verdict } from './run-file.ts'
import { deriveVerdicts, type Measured } from './verdicts.ts'

export interface NextStep {
  stop: boolean
  /** Why, in words for the terminal and the log. */
  reason: string
}

/**
 * Whether to measure another block. `elapsedMs` counts against `settings.minutesMax`; a block that
 * would pass it is not begun. Only `metrics` are waited for, and of these no pair for which no time
 * would tell.
 */
export function nextStep(
  run: Measured,
  elapsedMs: number,
  metrics: readonly Metric[] = METRICS,
): NextStep {
  const { blocks, settings } = run
  const count = blocks.length
  if (count >= settings.blocksMax) return stop(`all ${settings.blocksMax} blocks are measured`)
  const lastMs = (blocks.at(-1)?.seconds ?? 0) * 1000
  if (elapsedMs + lastMs > settings.minutesMax * 60_000) {
    return stop(`another block would pass the limit of ${settings.minutesMax} min`)
  }
  // One block has no verdicts yet, whatever the settings say.
  if (count < 2 || !looksOf(settings).includes(count)) return goOn(`block ${count + 1}`)
  const derived = deriveVerdicts(run)
  if (derived.noVerdict !== null) return stop(derived.noVerdict)
  const verdicts = derived.verdicts.filter(({ metric }) => metrics.includes(metric))
  const open = verdicts.filter(verdict => isOpen(verdict, settings.margins[verdict.metric]))
  if (open.length === 0) return stop(`${count} blocks decide all that can be decided`)
  return goOn(`${open.length} of ${verdicts.length} verdicts are open after ${count} blocks`)
}

/**
 * Whether more blocks may change a verdict. A difference that shows, but is smaller than anybody
 * has to care for, is one: it may be the chance of few blocks, and prove to be none.
 */
function isOpen({ verdict, ratio, moreMinutes }: Verdict, margin: number): boolean {
  if (verdict === 'no difference') return false
  if (verdict === 'cannot tell') return moreMinutes !== undefined
  return ratio <= 1 + margin && ratio >= 1 / (1 + margin)
}

function stop(reason: string): NextStep {
  return { stop: true, reason }
}

function goOn(reason: string): NextStep {
  return { stop: false, reason }
}
