/** The servers that are compared, and how each is started: pinned to one core, on a free port. */

import { startLineProcess } from '../src/load/line-process.ts'
import { pinned, SERVER_CORE } from '../src/load/machine.ts'
import { BenchError } from './bench-error.ts'
import { bunProgram } from './bun.ts'
import { cargoBuild, peerScript, releaseProgram, requirePackage } from './programs.ts'

/** In the order of every table. `floor again` is the same program: what differs is the noise. */
export const SERVER_NAMES = [
  'floor',
  'floor again',
  'engine',
  'native',
  'js',
  'node-net',
  'bun',
] as const

/** One server. */
export type ServerName = (typeof SERVER_NAMES)[number]

/**
 * Those that are compared unless others are named: the engine alone is what `native` runs, and Bun
 * is compared at the border.
 */
export const DEFAULT_SERVER_NAMES: readonly ServerName[] = SERVER_NAMES.filter(
  name => name !== 'engine' && name !== 'bun',
)

/**
 * What a server is to do besides answering from its table; `bench/peers` says what each is. The
 * floor has but one mode.
 */
export type Mode =
  | 'table'
  | 'handler'
  | 'async'
  | 'connection'
  | 'lives'
  | 'exchanges'
  | 'broadcast'

/** One entry of a comparison: a server in a mode, and what the tables call it. */
export interface Entry {
  label: string
  server: ServerName
  mode: Mode
}

/** A server, listening. */
export interface RunningServer {
  readonly label: string
  readonly pid: number
  readonly port: number
  /** Collects garbage, where there is a collector, so that memory can be compared. */
  settle(): Promise<void>
  /** Keeps JavaScript busy; resolves to when it will be free again, once it is busy. */
  block(durationMs: number): Promise<{ free: Promise<void> }>
  /** What the peer answers to a command of its own. */
  ask(command: string): Promise<string>
  stop(): Promise<void>
}

/** The entry of a server under its own name. */
export function entryOf(server: ServerName, mode: Mode = 'table'): Entry {
  return { label: server, server, mode }
}

/** Builds what the servers need. Throws NOT_BUILT where that is for the user to do. */
export function buildServers(names: readonly ServerName[]): void {
  cargoBuild('--package', 'lancelot-floor')
  if (names.includes('engine')) cargoBuild('--package', 'lancelot-engine', '--example', 'serve')
  if (names.includes('native') || names.includes('js')) requirePackage()
}

/** The names in `text`, separated by commas. Throws BAD_ARGUMENT. */
export function parseServerNames(text: string): ServerName[] {
  return text.split(',').map(word => {
    const found = SERVER_NAMES.find(name => name === word.trim())
    if (found !== undefined) return found
    const known = SERVER_NAMES.join(', ')
    throw new BenchError('BAD_ARGUMENT', `--servers has '${word}'; expected some of ${known}`)
  })
}

/** Whether a server is a script, with a garbage collector and a thread that can be blocked. */
function isScript(server: ServerName): boolean {
  return !server.startsWith('floor') && server !== 'engine'
}

function commandOf({ server, mode }: Entry): string[] {
  const script = (file: string, ...words: string[]): string[] => [
    '--expose-gc',
    peerScript(file),
    '0',
    ...words,
  ]
  if (server === 'engine') return [releaseProgram('examples/serve'), '0']
  if (server === 'native' || server === 'js') {
    return [process.execPath, ...script('lancelot.mjs', server, mode)]
  }
  if (server === 'node-net') {
    const file = mode === 'async' ? 'node-net-async.mjs' : 'node-net.mjs'
    // Its own mode `table` makes it a contestant of the comparator, which obeys nobody.
    const words = mode === 'table' ? [] : [mode]
    return [process.execPath, ...script(file, ...words)]
  }
  if (server === 'bun') return [bunProgram(), ...script('bun.mjs')]
  return [releaseProgram('lancelot-floor'), '0']
}

/** Starts a server; resolves when it listens. */
export async function startServer(entry: Entry): Promise<RunningServer> {
  const { label } = entry
  const child = await startLineProcess(pinned(SERVER_CORE, commandOf(entry)))
  const port = Number(/^listening (\d+)$/.exec(await child.nextLine())?.[1])
  if (!(port > 0)) {
    throw new BenchError(
      'SERVER_FAILED',
      `${label} did not say 'listening PORT': ${child.errors()}`,
    )
  }

  async function expectLine(next: Promise<string>, expected: string): Promise<void> {
    const line = await next
    if (line === expected) return
    throw new BenchError('SERVER_FAILED', `${label} said '${line}', expected '${expected}'`)
  }

  return {
    label,
    pid: child.pid,
    port,
    settle: async () => {
      if (isScript(entry.server)) await expectLine(child.ask('settle'), 'settled')
    },
    block: async durationMs => {
      await expectLine(child.ask(`block ${durationMs}`), 'blocking')
      return { free: expectLine(child.nextLine(), 'unblocked') }
    },
    ask: command => child.ask(command),
    stop: () => child.stop('SIGKILL'),
  }
}

/** Starts servers one after the other; when one fails, those before it are stopped. */
export async function startServers(entries: readonly Entry[]): Promise<RunningServer[]> {
  const servers: RunningServer[] = []
  try {
    for (const entry of entries) servers.push(await startServer(entry))
  } catch (error) {
    await stopAll(servers)
    throw error
  }
  return servers
}

/** Stops everything that was started. */
export async function stopAll(running: readonly { stop(): Promise<void> }[]): Promise<void> {
  await Promise.all(running.map(one => one.stop()))
}
