/**
 * A child process that is spoken to in lines: one line in, one line out.
 *
 * Knows nothing of what the lines mean. Children that are still alive when the benchmark exits,
 * however it exits, are ended with it.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { BenchError } from './bench-error.ts'

/** A line that does not come within this is not awaited any longer. */
const LINE_MS_MAX = 120_000
const STDERR_LENGTH_MAX = 2000

const alive = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(2))

/** The child, running. */
export interface LineProcess {
  readonly pid: number
  /** Sends a line and resolves to the next line that comes. */
  ask(line: string): Promise<string>
  /** Resolves to the next line that comes. */
  nextLine(): Promise<string>
  /** What it wrote to stderr, at most the last 2,000 characters. */
  errors(): string
  /** Sends a signal and resolves when the child has ended. @default 'SIGTERM' */
  stop(signal?: NodeJS.Signals): Promise<void>
}

/** Starts a command. Rejects with TOOL_MISSING when there is no such program. */
export async function startLineProcess(command: readonly string[]): Promise<LineProcess> {
  const [program = '', ...words] = command
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-STDERR_LENGTH_MAX)
  })
  // A child that died is noticed by the line that does not come.
  child.stdin.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', error =>
      reject(new BenchError('TOOL_MISSING', `cannot start ${program}: ${error.message}`)),
    )
  })
  alive.add(child)
  // How it ended: its code, or the signal that ended it.
  const ended = new Promise<number | string | null>(resolve => {
    child.once('close', (code, signal) => {
      alive.delete(child)
      resolve(code ?? signal)
    })
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
    throw new BenchError(
      'SERVER_FAILED',
      `${command.join(' ')} ${found}, expected a line: ${errors}`,
    )
  }

  return {
    pid: child.pid ?? 0,
    nextLine,
    ask: line => {
      child.stdin.write(`${line}\n`)
      return nextLine()
    },
    errors: () => errors,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal)
      await ended
    },
  }
}
