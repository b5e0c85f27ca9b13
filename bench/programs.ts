/** Where the programs of the benchmark are, and how they are built. */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { BenchError } from './bench-error.ts'

const ROOT: string = fileURLToPath(new URL('..', import.meta.url))
const TARGET: string = process.env.CARGO_TARGET_DIR ?? `${ROOT}target`

/** A program that cargo built, such as `lancelot-floor` or `examples/serve`. */
export function releaseProgram(name: string): string {
  return `${TARGET}/release/${name}`
}

/** A script beside the benchmark. */
export function peerScript(name: string): string {
  return fileURLToPath(new URL(`./peers/${name}`, import.meta.url))
}

/** Builds in release mode what the arguments of `cargo build` name. Throws NOT_BUILT. */
export function cargoBuild(...what: string[]): void {
  const command = ['build', '--release', '--quiet', ...what]
  const { status, error } = spawnSync('cargo', command, { cwd: ROOT, stdio: 'inherit' })
  if (error !== undefined) {
    throw new BenchError('TOOL_MISSING', 'not found: cargo; install Rust (rustup.rs), run again')
  }
  if (status !== 0) {
    throw new BenchError('NOT_BUILT', `cargo ${command.join(' ')} failed; mend it and run again`)
  }
}

/** Throws NOT_BUILT when the package itself, which two of the servers import, is not built. */
export function requirePackage(): void {
  if (!existsSync(`${ROOT}dist/index.js`)) {
    throw new BenchError('NOT_BUILT', 'dist/index.js is missing; run `npm run build` first')
  }
}
