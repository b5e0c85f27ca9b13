/** The machine under the benchmark: which tools it has, which core does what, how it is named. */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, release } from 'node:os'
import { BenchError } from './bench-error.ts'

/** All servers run on this core, and nothing else that we start. */
export const SERVER_CORE = 0
/** The load side runs on this core. */
export const LOAD_CORE = 1

const PACKAGES: Readonly<Record<string, string>> = {
  taskset: 'util-linux',
  strace: 'strace',
  valgrind: 'valgrind',
}

/** The command, bound to one core, or to some: `0,1`. */
export function pinned(core: number | string, command: readonly string[]): string[] {
  return ['taskset', '-c', String(core), ...command]
}

/** Throws TOOL_MISSING, which names what is missing and where to get it, or MACHINE_UNFIT. */
export function requireTools(...tools: string[]): void {
  if (process.platform !== 'linux') {
    throw new BenchError(
      'MACHINE_UNFIT',
      `this is ${process.platform}; the benchmark reads CPU time and memory from Linux's /proc`,
    )
  }
  if (availableParallelism() < 2) {
    throw new BenchError(
      'MACHINE_UNFIT',
      'one core is available; the benchmark needs two, one for the servers and one for the load',
    )
  }
  const missing = tools.filter(tool => spawnSync(tool, ['--version']).error !== undefined)
  if (missing.length > 0) {
    const hint = missing.map(tool => `${tool} (package ${PACKAGES[tool] ?? tool})`).join(', ')
    throw new BenchError('TOOL_MISSING', `not found: ${hint}; install it and run again`)
  }
}

/** Decides a good part of what the kernel does for each packet, on loopback too. */
const CONGESTION_CONTROL = '/proc/sys/net/ipv4/tcp_congestion_control'

/** Date, kernel, CPU and versions in one line, for figures mean nothing without them. */
export function describeMachine(): string {
  const rust = spawnSync('rustc', ['--version'], { encoding: 'utf8' }).stdout?.trim()
  return [
    new Date().toISOString().slice(0, 16).replace('T', ' ').concat(' UTC'),
    `Linux ${release()} (${readFileSync(CONGESTION_CONTROL, 'utf8').trim()})`,
    `${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}`,
    `Node ${process.version}`,
    rust || 'rustc not found',
  ].join(', ')
}
