/** The command `report`: draws the runs of comparisons as one HTML file. */

import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { LancelotError } from '../errors.ts'
import { renderReport } from '../load/report/page.ts'
import { readRuns } from '../load/report/read-runs.ts'
import type { RunFile } from '../load/run-file.ts'
import { fail } from './failure.ts'
import { readRunText } from './run-files.ts'

interface ReportFlags {
  out: string
  json?: true
}

/** Adds the command to the program. */
export function addReport(program: Command): void {
  program
    .command('report')
    .summary('draw runs of comparisons as an HTML file')
    .description(
      'Draws runs that lancelot compare wrote as one HTML file, which needs no network. The last ' +
        'run is shown in full; of two the difference is drawn, of three or more the trend.',
    )
    .argument('<file...>', 'files of lancelot compare --json, or reports, oldest first')
    .option('--out <file>', 'where the report is written to', 'report.html')
    .option('--json', 'print what was written, and errors, as JSON')
    .action(report)
}

async function report(files: readonly string[], flags: ReportFlags): Promise<void> {
  const { out, json } = flags
  try {
    const runs: RunFile[] = []
    for (const file of files) runs.push(...readRuns(await readRunText(file), file))
    const page = renderReport(runs)
    await writePage(out, page)
    const bytes = Buffer.byteLength(page)
    const sentence = `${out}: ${runs.length} ${runs.length === 1 ? 'run' : 'runs'}, ${bytes} bytes`
    const told = json ? JSON.stringify({ out, runs: runs.length, bytes }) : sentence
    process.stdout.write(`${told}\n`)
  } catch (error) {
    fail(error, { json: json === true })
  }
}

/** Rejects with `ERR_LANCELOT_OPTION_RANGE` where `path` cannot be written. */
async function writePage(path: string, page: string): Promise<void> {
  try {
    await writeFile(path, page)
  } catch (cause) {
    const why = `${path} cannot be written: ${(cause as Error).message}`
    const advice = 'name a file in a folder that exists'
    throw new LancelotError('ERR_LANCELOT_OPTION_RANGE', `${why}; ${advice}`, { cause })
  }
}
