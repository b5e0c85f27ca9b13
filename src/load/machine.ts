/**
 * The machine that is measured on: its tools, which core does what, how it is named, and what of
 * it could not be set for steady figures.
 *
 * Changes nothing on the machine: it only looks.
 */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { LancelotError } from '../errors.ts'
import type { Machine } from './run-file.ts'

const [firstCore = 0, secondCore = 1] = allowedCores()

/** All servers run on this core, and nothing else that we start: the first we may use. */
export const SERVER_CORE: number = firstCore
/** The load generator runs on this core: the second we may use. */
export const LOAD_CORE: number = secondCore

const PACKAGES: Readonly<Record<string, string>> = {
  taskset: 'util-linux',
  strace: 'strace',
  valgrind: 'valgrind',
}

/** Decides a good part of what the kernel does for each packet, on loopback too. */
const CONGESTION_CONTROL = '/proc/sys/net/ipv4/tcp_congestion_control'
const CPU_FOLDER = '/sys/devices/system/cpu'

/** The command, bound to one core, or to some: `0,1`. */
export function pinned(core: number | string, command: readonly string[]): string[] {
  return ['taskset', '-c', String(core), ...command]
}

/** Throws ERR_LANCELOT_MACHINE, which names what is missing and where to get it. */
export function requireTools(...tools: string[]): void {
  if (process.platform !== 'linux') {
    throw new LancelotError(
      'ERR_LANCELOT_MACHINE',
      `this is ${process.platform}; measuring reads CPU time and memory from Linux's /proc`,
    )
  }
  if (availableParallelism() < 2) {
    throw new LancelotError(
      'ERR_LANCELOT_MACHINE',
      'one core is available; measuring needs two, one for the servers and one for the load',
    )
  }
  const missing = tools.filter(tool => spawnSync(tool, ['--version']).error !== undefined)
  if (missing.length > 0) {
    const hint = missing.map(tool => `${tool} (package ${PACKAGES[tool] ?? tool})`).join(', ')
    throw new LancelotError('ERR_LANCELOT_MACHINE', `not found: ${hint}; install it and run again`)
  }
}

/** Date, kernel, CPU and versions in one line, for figures mean nothing without them. */
export function describeMachine(): string {
  const rust = spawnSync('rustc', ['--version'], { encoding: 'utf8' }).stdout?.trim()
  return [
    new Date().toISOString().slice(0, 16).replace('T', ' ').concat(' UTC'),
    `Linux ${release()} (${look(CONGESTION_CONTROL) ?? 'unknown congestion control'})`,
    `${cpus().length} x ${cpuName()}`,
    `Node ${process.version}`,
    rust || 'rustc not found',
  ].join(', ')
}

/** The machine as the file of a comparison has it. */
export function machineRecord(): Machine {
  return {
    cpu: cpuName(),
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    congestionControl: look(CONGESTION_CONTROL) ?? 'unknown',
    node: process.version,
    serverCore: SERVER_CORE,
    loadCore: LOAD_CORE,
    notSet: [governor(), turbo(), siblings(), isolation(), hypervisor()].filter(
      sentence => sentence !== undefined,
    ),
  }
}

function cpuName(): string {
  return cpus()[0]?.model.trim() || 'unknown CPU'
}

function governor(): string | undefined {
  const found = look(`${CPU_FOLDER}/cpu${SERVER_CORE}/cpufreq/scaling_governor`)
  if (found === 'performance') return undefined
  if (found === undefined) {
    return 'The frequency governor is not visible here, so the clock may change at any time.'
  }
  return `The frequency governor is '${found}'; 'performance' would keep the clock steadier.`
}

function turbo(): string | undefined {
  const intel = look(`${CPU_FOLDER}/intel_pstate/no_turbo`)
  const others = look(`${CPU_FOLDER}/cpufreq/boost`)
  if (intel === '1' || others === '0') return undefined
  if (intel === undefined && others === undefined) {
    return 'Turbo is not visible here, so it may be on.'
  }
  return 'Turbo is on: the clock depends on heat and on what the other cores do.'
}

function siblings(): string | undefined {
  const list = look(`${CPU_FOLDER}/cpu${SERVER_CORE}/topology/thread_siblings_list`)
  if (list === undefined || !parseList(list).includes(LOAD_CORE)) return undefined
  return 'The two cores are two threads of one core: server and generator slow each other down.'
}

function isolation(): string | undefined {
  const isolated = parseList(look(`${CPU_FOLDER}/isolated`) ?? '')
  if (isolated.includes(SERVER_CORE) && isolated.includes(LOAD_CORE)) return undefined
  return 'The cores are not isolated: the system may run other programs on them.'
}

function hypervisor(): string | undefined {
  const isVirtual = /^flags\s*:.*\bhypervisor\b/m.test(look('/proc/cpuinfo') ?? '')
  if (!isVirtual) return undefined
  return 'This is a virtual machine: its host may take time from it.'
}

/** The cores this process may use, in their order. */
function allowedCores(): number[] {
  const status = look('/proc/self/status') ?? ''
  return parseList(/^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? '')
}

/** Numbers in the kernel's way: `0-2,5`. */
function parseList(text: string): number[] {
  return [...text.matchAll(/(\d+)(?:-(\d+))?/g)].flatMap(([, from, to = from]) => {
    const first = Number(from)
    return Array.from({ length: Number(to) - first + 1 }, (_, index) => first + index)
  })
}

function look(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}
