/**
 * The designs, for tests of what all must do alike over real sockets.
 *
 * Everything waits for events or counters, never for time. Most designs act on threads of their
 * own: after `await connection.stats()` they have done what was asked of a connection before.
 */

import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import type { LancelotServer } from '../../src/server.ts'
import type {
  ArchitectureName,
  Connection,
  ConnectionSummary,
  Encoding,
  ServerOptions,
  Stats,
} from '../../src/types.ts'
import { SocketClient } from '../socket-client.ts'
import { startDesign } from '../start-design.ts'

export type Engine = ArchitectureName

/** The designs to test: one of each way in which events and actions get to the sockets. */
export const ENGINES: readonly Engine[] = [
  'callback',
  'coroutine',
  'poll',
  'select',
  'thread-per-connection',
  'processes',
  'worker-threads',
]

/** Limits of the whole server are divided among members, so for exact tests there is one. */
const FEW_WORKERS: Partial<Record<Engine, { workers: number }>> = {
  processes: { workers: 1 },
  'worker-threads': { workers: 1 },
}

/** Starts a server for one test, which ends with it however it goes. */
export async function start<E extends Encoding = 'utf8'>(
  t: ExecutionContext,
  engine: Engine,
  options: ServerOptions<E> = {},
): Promise<LancelotServer<E>> {
  const all = { port: 0, answers: { x: 'X.' }, ...options }
  const server = await startDesign<E>({ ...all, ...FEW_WORKERS[engine], architecture: engine })
  t.teardown(() => server.close({ drainMsMax: 0 }))
  return server
}

/** A new client, and its connection as the server sees it. */
export async function meet<E extends Encoding>(
  server: LancelotServer<E>,
): Promise<{ client: SocketClient; connection: Connection }> {
  const met = new Promise<Connection>(resolve => server.once('connection', resolve))
  const client = await SocketClient.open(server.address)
  return { client, connection: await met }
}

/** How the next connection to end went. Unlike `once` of Node, takes no notice of errors. */
export function nextClose<E extends Encoding>(
  server: LancelotServer<E>,
): Promise<ConnectionSummary> {
  return new Promise(resolve => server.once('close', (_, summary) => resolve(summary)))
}

/** Waits until something is so; a test that waits in vain ends by its timeout. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn()
}

/** Waits for counters, which the native engine publishes when it has a moment. */
export async function untilStats<E extends Encoding>(
  server: LancelotServer<E>,
  wanted: Partial<Stats>,
): Promise<void> {
  const names = Object.keys(wanted) as (keyof Stats)[]
  await until(() => {
    const stats = server.stats()
    return names.every(name => stats[name] === wanted[name])
  })
}

/** Everything that had reached the server before has been handled by it after this. */
export async function roundTrips(client: SocketClient): Promise<void> {
  for (let count = 0; count < 3; count++) {
    const wanted = `${client.received}X.`
    client.send('x?')
    await client.expect(wanted)
  }
}

/** Waits until a client has received so many bytes. */
export async function receivedBytes(client: SocketClient, bytes: number): Promise<void> {
  while (client.received.length < bytes) await once(client.socket, 'data')
}

/** A handler that answers when it is told to: with `release`, by request. */
export class HeldHandler {
  readonly #held = new Map<string, (response: string | null) => void>()

  readonly handle = (request: string): Promise<string | null> => {
    return new Promise(resolve => this.#held.set(request, resolve))
  }

  /** Waits until these requests have been asked and not answered. */
  async asked(...requests: string[]): Promise<void> {
    await until(() => requests.every(request => this.#held.has(request)))
  }

  release(request: string, response: string | null): void {
    this.#held.get(request)?.(response)
    this.#held.delete(request)
  }
}
