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
  Failure,
  HoldCommand,
  HoldResult,
  ReceiveCommand,
  ReleaseCommand,
  ReleaseResult,
  RunCommand,
  RunResult,
  SecondLine,
  SyntheticServer,
} from './load-protocol.ts'

const PROGRAM = 'lancelot-load'

type Command = RunCommand | HoldCommand | ReceiveCommand | ReleaseCommand

/**
 * The program, running on its core. What it cannot do rejects with ERR_LANCELOT_LOAD, which holds
 * the generator's own code and message.
 */
export interface Generator {
  readonly pid: number
  /** Measures. `onSecond` is called with each line of a second as it comes. */
  run(command: RunCommand, onSecond?: (line: SecondLine) => void): Promise<RunResult>
  /** Opens connections that stay until they are released; those of before close first. */
  hold(server: Omit<HoldCommand, 'shape'>): Promise<HoldResult>
  /** Resolves when every connection that is held got the text unasked, or ran out of time. */
  receive(text: string): Promise<HoldResult>
  /** Closes the connections that are held. */
  release(): Promise<ReleaseResult>
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

  function tell<Result extends { ok: true }>(
    command: Command,
    onSecond?: (line: SecondLine) => void,
  ): Promise<Result> {
    const result = last.then(() => tellOne<Result>(child, command, onSecond))
    last = result.catch(() => {})
    return result
  }

  return {
    pid: child.pid,
    run: tell,
    hold: server => tell({ shape: 'hold', ...server }),
    receive: text => tell({ shape: 'receive', text }),
    release: () => tell({ shape: 'release' }),
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

async function tellOne<Result extends { ok: true }>(
  child: LineProcess,
  command: Command,
  onSecond: ((line: SecondLine) => void) | undefined,
): Promise<Result> {
  let text = await child.ask(JSON.stringify(command))
  for (;;) {
    const line = parseLine<Result>(text)
    if ('ok' in line) {
      if (line.ok) return line
      const at = 'port' in command ? ` on port ${command.port}` : ''
      throw new LancelotError(
        'ERR_LANCELOT_LOAD',
        `the load generator cannot ${command.shape}${at}: ${line.code}: ${line.message}`,
      )
    }
    onSecond?.(line)
    text = await child.nextLine()
  }
}

function parseLine<Result>(text: string): SecondLine | Result | Failure {
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
