/** How a command fails: one sentence on stderr, and an exit code. */

import type { CommanderError } from 'commander'
import { LancelotError } from '../errors.ts'

/** Exit codes, with what each means. */
export const EXIT_CODES = {
  0: 'it went well',
  1: 'it failed: no server, closed early, no answer in time, port in use',
  2: 'wrong use: an unknown command or option, or a value that is not allowed',
  3: 'a --fail-if came true',
  4: 'no verdict: the instrument or the machine was not fit to judge',
} as const

/** A code of these. */
export type ExitCode = keyof typeof EXIT_CODES

/** Where a failure is written to. */
export interface Failing {
  /** Whether as one JSON line. */
  json: boolean
}

/** Tells that the program was used wrongly, as the parser of its arguments found. */
export function failUsage({ code, message }: CommanderError, failing: Failing): void {
  process.exitCode = 2
  // The help for a missing command has been printed already.
  if (code === 'commander.help') return
  const sentence = message
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
    .replace(/\.$/, '')
  write(code, `${sentence}; lancelot --help says what is allowed`, failing)
}

/** Tells a failure, and makes the process exit with its code once nothing is left to do. */
export function fail(error: unknown, failing: Failing): void {
  const { code, message } = describeFailure(error)
  process.exitCode = exitCodeOf(code)
  write(code, message, failing)
}

function write(code: string, message: string, { json }: Failing): void {
  const told = json
    ? JSON.stringify({ error: { code, message } })
    : `lancelot: ${message} (${code})`
  process.stderr.write(`${told}\n`)
}

function describeFailure(error: unknown): { code: string; message: string } {
  if (error instanceof LancelotError) return { code: error.code, message: error.message }
  const { code, message = String(error) } = error as { code?: string; message?: string }
  return { code: code ?? 'ERR_LANCELOT_INTERNAL', message }
}

function exitCodeOf(code: string): ExitCode {
  return code.startsWith('ERR_LANCELOT_OPTION_') ? 2 : 1
}
