/**
 * A child process that is spoken to in lines: one line in, one or more lines out.
 *
 * Knows nothing of what the lines mean. The child and what it started end with this process.
 */

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { type ErrorCode, LancelotError } from '../errors.ts'
import { signalGroup, tailOf, watchChild } from './child-processes.ts'

/** A line that does not come within this is not awaited any longer. */
const LINE_MS_MAX = 120_000

/** The child, running. */
export interface LineProcess {
  readonly pid: number
  /** Sends a line and resolves to the next line that comes. */
  ask(line: string): Promise<string>
  /** Resolves to the next line that comes. Rejects when the child ended or stays silent. */
  nextLine(): Promise<string>
  /** What it wrote to stderr, at most the last 2,000 characters. */
  errors(): string
  /** Sends a signal to it and what it started; resolves when it has ended. @default 'SIGTERM' */
  stop(signal?: NodeJS.Signals): Promise<void>
}

/**
 * Starts a command. Rejects with `code` when there is no such program; so do the calls when the
 * child fails later. @default code 'ERR_LANCELOT_TARGET'
 */
export async function startLineProcess(
  command: readonly string[],
  code: ErrorCode = 'ERR_LANCELOT_TARGET',
): Promise<LineProcess> {
  const [program = '', ...words] = command
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const errors = tailOf(child.stderr)
  // A child that died is noticed by the line that does not come.
  child.stdin.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', error =>
      reject(
        new LancelotError(code, `cannot start ${program}: ${error.message}; is it installed?`),
      ),
    )
  })
  watchChild(child)
  // How it ended: its code, or the signal that ended it.
  const ended = new Promise<number | string | null>(resolve => {
    child.once('close', (exitCode, signal) => resolve(exitCode ?? signal))
  })

  async function nextLine(): Promise<string> {
    const late = Symbol('late')
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<typeof late>(resolve => {
      timer = setTimeout(resolve, LINE_MS_MAX, late)
    })
    const next = await Promise.race([lines.next(), timeout])
    clearTimeout(timer)
    if (next !== late && next.done !== true) return next.value
    const found = next === late ? `said nothing for ${LINE_MS_MAX} ms` : `ended (${await ended})`
    const said = errors() === '' ? 'it wrote no error' : `it wrote: ${errors().trim()}`
    throw new LancelotError(code, `${command.join(' ')} ${found}, expected a line; ${said}`)
  }

  return {
    pid: child.pid ?? 0,
    nextLine,
    ask: line => {
      child.stdin.write(`${line}\n`)
      return nextLine()
    },
    errors,
    stop: async (signal = 'SIGTERM') => {
      signalGroup(child, signal)
      await ended
    },
  }
}
