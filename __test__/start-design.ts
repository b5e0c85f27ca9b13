/**
 * Starts a server of any design, for tests.
 *
 * Designs whose members are programs of their own are started from the built package: compiling
 * TypeScript for every member would take most of a test's time.
 */

import { syncBuiltinESMExports } from 'node:module'
import threads, { type WorkerOptions } from 'node:worker_threads'
import type * as Package from '../index.ts'
import { startServer } from '../index.ts'
import type { LancelotServer } from '../src/server.ts'
import type { ArchitectureName, Encoding, StartOptions } from '../src/types.ts'

const BUILT = new URL('../dist/index.js', import.meta.url).href
const built = (await import(BUILT)) as typeof Package

// Members get the flags of this process, and need no compiler.
process.execArgv = []
threads.Worker = class extends threads.Worker {
  constructor(file: URL, options?: WorkerOptions) {
    super(file, { ...options, execArgv: [] })
  }
}
syncBuiltinESMExports()

const CREWS: readonly (ArchitectureName | undefined)[] = [
  'processes',
  'worker-threads',
  'inetd',
  'loop-and-pool',
]

/** As `startServer`. */
export function startDesign<E extends Encoding = 'utf8'>(
  options: StartOptions<E>,
): Promise<LancelotServer<E>> {
  const start = CREWS.includes(options.architecture) ? built.startServer : startServer
  return start<E>(options) as Promise<LancelotServer<E>>
}
