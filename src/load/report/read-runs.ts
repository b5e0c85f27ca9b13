/** Reads runs from the text of a run's file or of a report. Checks their shape, not their truth. */

import { LancelotError } from '../../errors.ts'
import type { RunFile } from '../run-file.ts'
import { extractRuns } from './embedded.ts'
import { findFault, RUN_SHAPE } from './run-shape.ts'

/**
 * The runs in a text: a JSON file with one run or a list of them, or a report, which holds its own.
 *
 * Throws `ERR_LANCELOT_RUN_FILE`, whose message names the place at fault. `name` is what the text
 * is called in it.
 */
export function readRuns(text: string, name = 'the file'): RunFile[] {
  const isPage = text.trimStart().startsWith('<')
  const json = isPage ? extractRuns(text) : text
  if (json === undefined) {
    throw fault(
      name,
      'this page holds no runs; name a report that lancelot compare or report wrote',
    )
  }
  const value = parse(name, json)
  const runs: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (runs.length === 0) throw fault(name, 'it holds no run; expected is at least one')
  for (const [index, run] of runs.entries()) {
    const found = findFault(run, RUN_SHAPE, Array.isArray(value) ? `run[${index}]` : 'run')
    if (found !== undefined) throw fault(name, `${found}; name a file of lancelot compare --json`)
  }
  return runs as RunFile[]
}

function parse(name: string, json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    const why = (cause as Error).message
    throw fault(name, `it is not JSON: ${why}; name a file of lancelot compare --json`, cause)
  }
}

function fault(name: string, why: string, cause?: unknown): LancelotError {
  return new LancelotError('ERR_LANCELOT_RUN_FILE', `${name}: ${why}`, { cause })
}
