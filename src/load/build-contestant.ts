/** Builds contestants that must be built before they can run, such as those in Rust and Go. */

import { spawn } from 'node:child_process'
import { tailOf, watchChild } from './child-processes.ts'
import type { Contestant } from './contestants.ts'

/** Runs what builds it, if anything does. Resolves to why it could not be built, or undefined. */
export function buildContestant({ build }: Contestant): Promise<string | undefined> {
  const [program, ...words] = build ?? []
  if (program === undefined) return Promise.resolve(undefined)
  return new Promise(resolve => {
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
    watchChild(child)
    const errors = tailOf(child.stderr)
    child.once('error', ({ message }) => resolve(message))
    child.once('close', code => {
      const failed = `${[program, ...words].join(' ')} failed: ${errors().trim()}`
      resolve(code === 0 ? undefined : failed)
    })
  })
}
