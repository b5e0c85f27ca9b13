/** The servers that are compared, and how each is started: pinned to one core, on a free port. */

import { BenchError } from './bench-error.ts'
import { startLineProcess } from './line-process.ts'
import { pinned, SERVER_CORE } from './machine.ts'
import { cargoBuild, peerScript, releaseProgram, requirePackage } from './programs.ts'

/** In the order of every table. `floor again` is the same program: what differs is the noise. */
export const SERVER_NAMES = ['floor', 'floor again', 'engine', 'native', 'js', 'node-net'] as const

/** One entry of the comparison. */
export type ServerName = (typeof SERVER_NAMES)[number]

/** Those that are compared unless others are named; the engine alone is what `native` runs. */
export const DEFAULT_SERVER_NAMES: readonly ServerName[] = SERVER_NAMES.filter(
  name => name !== 'engine',
)

/** What the others are divided by. */
export const FLOOR: ServerName = 'floor'

/** The programs that cargo builds, under its release folder. */
const PROGRAMS: Readonly<Partial<Record<ServerName, string>>> = {
  floor: 'lancelot-floor',
  'floor again': 'lancelot-floor',
  engine: 'examples/serve',
}
const PEER_SCRIPTS: Readonly<Partial<Record<ServerName, string>>> = {
  native: 'lancelot-native.mjs',
  js: 'lancelot-js.mjs',
  'node-net': 'node-net.mjs',
}

/** A server, listening. */
export interface RunningServer {
  readonly name: ServerName
  readonly pid: number
  readonly port: number
  /** Collects garbage, where there is a collector, so that memory can be compared. */
  settle(): Promise<void>
  /** Keeps JavaScript busy; resolves to when it will be free again, once it is busy. */
  block(durationMs: number): Promise<{ free: Promise<void> }>
  stop(): Promise<void>
}

/** Builds what the servers need. Throws NOT_BUILT where that is for the user to do. */
export function buildServers(names: readonly ServerName[]): void {
  cargoBuild('--package', 'lancelot-load', '--package', 'lancelot-floor')
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

/** Starts a server; resolves when it listens. */
export async function startServer(name: ServerName): Promise<RunningServer> {
  const script = PEER_SCRIPTS[name]
  const command =
    script === undefined
      ? [releaseProgram(PROGRAMS[name] ?? name), '0']
      : [process.execPath, '--expose-gc', peerScript(script), '0']
  const child = await startLineProcess(pinned(SERVER_CORE, command))
  const port = Number(/^listening (\d+)$/.exec(await child.nextLine())?.[1])
  if (!(port > 0)) {
    throw new BenchError('SERVER_FAILED', `${name} did not say 'listening PORT': ${child.errors()}`)
  }

  async function expectLine(next: Promise<string>, expected: string): Promise<void> {
    const line = await next
    if (line === expected) return
    throw new BenchError('SERVER_FAILED', `${name} said '${line}', expected '${expected}'`)
  }

  return {
    name,
    pid: child.pid,
    port,
    settle: async () => {
      if (script !== undefined) await expectLine(child.ask('settle'), 'settled')
    },
    block: async durationMs => {
      await expectLine(child.ask(`block ${durationMs}`), 'blocking')
      return { free: expectLine(child.nextLine(), 'unblocked') }
    },
    stop: () => child.stop('SIGKILL'),
  }
}

/** Starts servers one after the other; when one fails, those before it are stopped. */
export async function startServers(names: readonly ServerName[]): Promise<RunningServer[]> {
  const servers: RunningServer[] = []
  try {
    for (const name of names) servers.push(await startServer(name))
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
