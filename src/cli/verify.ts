/** The command `verify`: derives every verdict of a report again from the data in it. */

import type { Command } from 'commander'
import { verifyReport } from '../load/report/verify-report.ts'
import { fail } from './failure.ts'
import { readRunText } from './run-files.ts'

interface VerifyFlags {
  json?: true
}

/** Adds the command to the program. */
export function addVerify(program: Command): void {
  program
    .command('verify')
    .summary('derive the verdicts of a report again')
    .description(
      'Derives every verdict, refusal and reason of a report again from the data in it, draws ' +
        'the page again, and says what does not follow. Exits with 1 where anything does not.',
    )
    .argument('<file>', 'a report, or a file of lancelot compare --json')
    .option('--json', 'print {"verified", "differences"}, and errors as JSON')
    .action(verify)
}

async function verify(file: string, { json }: VerifyFlags): Promise<void> {
  try {
    const found = verifyReport(await readRunText(file), file)
    const { verified, differences } = found
    if (differences.length > 0) process.exitCode = 1
    const count = `${verified} ${verified === 1 ? 'verdict' : 'verdicts'} verified`
    const lines =
      differences.length > 0 ? [...differences, `${count}, ${tally(differences)}`] : [count]
    process.stdout.write(json ? `${JSON.stringify(found)}\n` : `${lines.join('\n')}\n`)
  } catch (error) {
    fail(error, { json: json === true })
  }
}

function tally({ length }: readonly string[]): string {
  return `${length} ${length === 1 ? 'difference' : 'differences'}`
}
