/** Where Bun is, or why it is not compared. */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const INSTALLED: string = fileURLToPath(new URL('../node_modules/.bin/bun', import.meta.url))

/** What is run: the program that BUN names, or else the package's, or else the one in PATH. */
export function bunProgram(): string {
  const { BUN } = process.env
  if (BUN !== undefined) return BUN
  return versionOf(INSTALLED) === undefined ? 'bun' : INSTALLED
}

/** Its version, or undefined where it does not run. */
export function bunVersion(): string | undefined {
  return versionOf(bunProgram())
}

/** Says which Bun is compared, or why none is. */
export function describeBun(version: string | undefined): string {
  if (version !== undefined) return `Bun ${version}`
  const tried = process.env.BUN === undefined ? 'node_modules/.bin/bun and bun' : 'what BUN names'
  return (
    `Bun is left out: ${tried} did not run. Install the package (npm install, with its install ` +
    'script), put bun into PATH, or name a program by the variable BUN.'
  )
}

/** The package's own program is a stub where its install script was not allowed to run. */
function versionOf(program: string): string | undefined {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}
