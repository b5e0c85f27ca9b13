/**
 * The load generator (`crate/load`) from this side: commands go in, results come out.
 *
 * Knows the lines of `load-protocol.ts` and where the program is; not what is worth measuring. One
 * generator runs one command at a time: further ones wait for their turn.
 */

import { accessSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { LancelotError } from '../errors.ts'
import { type LineProcess, startLineProcess } from './line-process.ts'
import type {
  RunCommand,
  RunFailure,
  RunResult,
  SecondLine,
  SyntheticServer,
} from './load-protocol.ts'

const PROGRAM = 'lancelot-load'

/** The program, running on its core. */
export interface Generator {
  readonly pid: number
  /**
   * Measures. `onSecond` is called with each line of a second as it comes. Rejects with
   * ERR_LANCELOT_LOAD, which holds the generator's own code and message.
   */
  run(command: RunCommand, onSecond?: (line: SecondLine) => void): Promise<RunResult>
  /** Ends the program; a run that is under way rejects. */
  stop(): Promise<void>
}

/** A server whose times are known, which the generator's program plays. */
export interface RunningSynthetic {
  readonly pid: number
  readonly port: number
  stop(): Promise<void>
}

/** Where the program is. Throws ERR_LANCELOT_LOAD where it was never built. */
export function generatorProgram(): string {
  const root = dirname(createRequire(import.meta.url).resolve('lancelot/package.json'))
  const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target')
  const places = [join(root, 'native', PROGRAM), join(target, 'release', PROGRAM)]
  const found = places.find(isProgram)
  if (found !== undefined) return found
  throw new LancelotError(
    'ERR_LANCELOT_LOAD',
    `the load generator, ${PROGRAM}, is not beside the addon in native/; ` +
      'run `npm run build`, which builds it with Rust',
  )
}

/**
 * Starts the generator. It pins itself to `core`; without one it runs where the system puts it.
 * `prefix` is put before the command, for instance to starve it in a test.
 */
export async function startGenerator(
  core?: number,
  prefix: readonly string[] = [],
): Promise<Generator> {
  const words = core === undefined ? [] : ['--core', String(core)]
  const child = await startLineProcess(
    [...prefix, generatorProgram(), ...words],
    'ERR_LANCELOT_LOAD',
  )
  let last: Promise<unknown> = Promise.resolve()
  return {
    pid: child.pid,
    run(command, onSecond) {
      const result = last.then(() => runOne(child, command, onSecond))
      last = result.catch(() => {})
      return result
    },
    stop: () => child.stop('SIGKILL'),
  }
}

/** Starts a server whose times are known. It is on no core of its own unless `prefix` says so. */
export async function startSynthetic(
  server: SyntheticServer,
  prefix: readonly string[] = [],
): Promise<RunningSynthetic> {
  const command = [...prefix, generatorProgram(), 'synthetic', JSON.stringify(server)]
  const child = await startLineProcess(command, 'ERR_LANCELOT_LOAD')
  const line = await child.nextLine()
  const port = Number(/^listening (\d+)$/.exec(line)?.[1])
  if (port > 0) return { pid: child.pid, port, stop: () => child.stop('SIGKILL') }
  await child.stop('SIGKILL')
  throw unexpected(line, "'listening PORT'")
}

async function runOne(
  child: LineProcess,
  command: RunCommand,
  onSecond: ((line: SecondLine) => void) | undefined,
): Promise<RunResult> {
  let text = await child.ask(JSON.stringify(command))
  for (;;) {
    const line = parseLine(text)
    if ('ok' in line) {
      if (line.ok) return line
      throw new LancelotError(
        'ERR_LANCELOT_LOAD',
        `the load generator could not measure port ${command.port}: ${line.code}: ${line.message}`,
      )
    }
    onSecond?.(line)
    text = await child.nextLine()
  }
}

function parseLine(text: string): SecondLine | RunResult | RunFailure {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw unexpected(text, 'a line of JSON', cause)
  }
}

function unexpected(line: string, expected: string, cause?: unknown): LancelotError {
  const found = line.length > 80 ? `${line.slice(0, 80)}...` : line
  return new LancelotError(
    'ERR_LANCELOT_LOAD',
    `the load generator said '${found}', expected ${expected}; is it of this version? ` +
      'Run `npm run build`',
    { cause },
  )
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
