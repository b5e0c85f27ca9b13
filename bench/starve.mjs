/**
 * `node bench/starve.mjs SHARE COMMAND...`: runs a command, but for a share of the time only.
 *
 * Stops and continues it by signals, which is what a machine does that has no time for it: the
 * command is not asked. A generator has to notice. Input and output are the command's own.
 */

import { spawn } from 'node:child_process'
import { argv } from 'node:process'

/** Short enough that a second holds twenty, long enough for the timers of Node to keep it. */
const PERIOD_MS = 50

const [, , share, program, ...words] = argv
const child = spawn(program, words, { stdio: 'inherit' })
child.once('exit', code => process.exit(code ?? 1))

function rest() {
  child.kill('SIGSTOP')
  setTimeout(run, PERIOD_MS * (1 - Number(share)))
}

function run() {
  child.kill('SIGCONT')
  setTimeout(rest, PERIOD_MS * Number(share))
}

rest()
