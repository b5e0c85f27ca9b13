/**
 * The processes that measuring starts, so that none outlives it.
 *
 * Every child leads a process group of its own; whatever it starts itself is ended with it. Knows
 * nothing of what the children do. Children that are alive when this process exits, however it
 * exits, are ended with it; a signal says so first.
 */

import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'

/** The exit code of a run that a signal ended. */
const EXIT_INTERRUPTED = 1
const STDERR_LENGTH_MAX = 2000

const alive = new Set<ChildProcess>()
let isWatching = false
let isCaught = false
let isInterrupted = false

/** Remembers a child, which was spawned with `detached`, until it ends. */
export function watchChild(child: ChildProcess): void {
  alive.add(child)
  child.once('exit', () => alive.delete(child))
  if (isWatching) return
  isWatching = true
  process.on('exit', endAll)
  // Only once there is a child: a program that measures nothing keeps its own way with signals.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)
}

/**
 * For who has something to save: the first signal ends the children, and not this process too;
 * `wasInterrupted` says so. Returns what takes it back.
 */
export function catchInterrupt(): () => void {
  isCaught = true
  return () => {
    isCaught = false
  }
}

/** Sends a signal to a child and all that it started. False where they are gone. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): boolean {
  if (child.pid === undefined) return false
  try {
    return process.kill(-child.pid, signal)
  } catch {
    return false
  }
}

/** Reads a stream of text to its end; what is returned gives its last 2,000 characters. */
export function tailOf(stream: Readable): () => string {
  let tail = ''
  stream.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-STDERR_LENGTH_MAX)
  })
  return () => tail
}

/** Whether a signal came: what is measured is brought to its end, and nothing more begun. */
export function wasInterrupted(): boolean {
  return isInterrupted
}

function interrupt(signal: NodeJS.Signals): void {
  isInterrupted = true
  const count = alive.size
  endAll()
  process.stderr.write(`\nlancelot: ${signal}; ended ${count} processes that it had started\n`)
  if (!isCaught) process.exit(EXIT_INTERRUPTED)
  isCaught = false
  process.exitCode = EXIT_INTERRUPTED
}

/** Lets no child outlive this process. */
function endAll(): void {
  for (const child of alive) signalGroup(child, 'SIGKILL')
}
