/**
 * The processes that measuring starts, so that none outlives it.
 *
 * Every child leads a process group of its own; whatever it starts itself is ended with it. Knows
 * nothing of what the children do. Children that are alive when this process exits, however it
 * exits, are ended with it; a signal says so first.
 */

import type { ChildProcess } from 'node:child_process'

/** The exit code of a run that a signal ended. */
const EXIT_INTERRUPTED = 1

const alive = new Set<ChildProcess>()
let isWatching = false

/** Remembers a child, which was spawned with `detached`, until it ends. */
export function watchChild(child: ChildProcess): void {
  alive.add(child)
  child.once('exit', () => alive.delete(child))
  if (isWatching) return
  isWatching = true
  process.on('exit', endAll)
  // Only once there is a child: a program that measures nothing keeps its own way with signals.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      const count = alive.size
      endAll()
      process.stderr.write(`\nlancelot: ${signal}; ended ${count} processes that it had started\n`)
      process.exit(EXIT_INTERRUPTED)
    })
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

/** Lets no child outlive this process. */
function endAll(): void {
  for (const child of alive) signalGroup(child, 'SIGKILL')
}
