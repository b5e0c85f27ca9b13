/**
 * A contestant, running: started on a port of its own, reachable, and ended with all it started.
 *
 * Does not look at what it answers.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { LancelotError } from '../errors.ts'
import { signalGroup, tailOf, watchChild } from './child-processes.ts'
import type { Contestant } from './contestants.ts'
import { freePort } from './free-port.ts'
import { pinned } from './machine.ts'
import { descendants } from './process-tree.ts'

/** Compilers and virtual machines take their time. */
const LISTEN_MS_MAX = 20_000
/** Who listens may still start those that answer. Who never answers is for others to judge. */
const FIRST_ANSWER_MS_MAX = 5000
const TRY_STEP_MS = 20

/** The program, listening. */
export interface ServerProcess {
  readonly name: string
  readonly pid: number
  readonly port: number
  /** Undefined while it runs; then how it ended: its exit code, or a signal. */
  ended(): string | undefined
  /** What it wrote to stderr, at most the last 2,000 characters. */
  errors(): string
  /** Ends it and all that it started, at once; resolves when it has ended. */
  stop(): Promise<void>
}

/** How a server is started. */
export interface StartOptions {
  /** The only core it may run on. @default any */
  core?: number
  /** Variables beside those of this process. @default none */
  environment?: Readonly<Record<string, string>>
}

/**
 * Starts a contestant on a free port of 127.0.0.1; resolves once it takes connections and answered,
 * whatever it was. Rejects with ERR_LANCELOT_TARGET, which says what it wrote to stderr.
 */
export async function startServerProcess(
  { name, command, exchanges }: Contestant,
  { core, environment = {} }: StartOptions = {},
): Promise<ServerProcess> {
  const port = await freePort()
  const words = command.map(word => word.replaceAll('{port}', String(port)))
  const [program = '', ...rest] = core === undefined ? words : pinned(core, words)
  const child = spawn(program, rest, {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    env: { ...process.env, ...environment },
  })
  const errors = tailOf(child.stderr)
  let ended: string | undefined
  const exit = new Promise<void>(resolve => {
    child.once('exit', (code, signal) => {
      ended = signal ?? `exit code ${code}`
      resolve()
    })
    child.once('error', ({ message }) => {
      ended = message
      resolve()
    })
  })
  watchChild(child)
  const server: ServerProcess = {
    name,
    pid: child.pid ?? 0,
    port,
    ended: () => ended,
    errors,
    stop: async () => {
      endTree(child)
      await exit
    },
  }
  await untilListening(server)
  await untilAnswering(server.port, exchanges[0]?.[0] ?? '')
  return server
}

/** Whether an error is of a contestant that did not start, and so its own fault. */
export function isTargetFault(error: unknown): error is LancelotError {
  return error instanceof LancelotError && error.code === 'ERR_LANCELOT_TARGET'
}

async function untilListening(server: ServerProcess): Promise<void> {
  const deadline = performance.now() + LISTEN_MS_MAX
  while (server.ended() === undefined && performance.now() < deadline) {
    if (await takesConnections(server.port)) return
    await wait(TRY_STEP_MS)
  }
  const ended = server.ended()
  await server.stop()
  const found =
    ended === undefined ? `took no connection for ${LISTEN_MS_MAX / 1000} s` : `ended (${ended})`
  const errors = server.errors().trim()
  throw new LancelotError(
    'ERR_LANCELOT_TARGET',
    `${server.name} ${found}, expected it to listen on 127.0.0.1:${server.port}; ` +
      (errors === '' ? 'it wrote nothing to stderr' : `it wrote to stderr: ${errors}`),
  )
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** Asks once; resolves when anything came, the connection ended, or it took too long. */
function untilAnswering(port: number, request: string): Promise<void> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request, 'latin1'))
    const finish = (): void => {
      socket.destroy()
      resolve()
    }
    socket.setTimeout(FIRST_ANSWER_MS_MAX, finish)
    socket.once('data', finish).once('error', finish).once('close', finish)
  })
}

/** Ends its process group, and descendants that left it. */
function endTree(child: ChildProcess): void {
  const others = child.pid === undefined ? [] : descendants(child.pid)
  signalGroup(child, 'SIGKILL')
  for (const pid of others) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended with its group.
    }
  }
}
