/** What the tests of crews share. Everything waits for events, never for time. */

import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import type { LancelotError } from '../../src/errors.ts'
import type { LancelotServer } from '../../src/server.ts'
import type { ConnectionSummary, ServerOptions, Stats } from '../../src/types.ts'
import { SocketClient } from '../socket-client.ts'
import { startDesign } from '../start-design.ts'

export type Crew = 'processes' | 'worker-threads' | 'inetd' | 'loop-and-pool'

/** A module whose default export is a handler; see there. */
export const MODULE: URL = new URL('./modules/handler.mjs', import.meta.url)

/** A module that takes many turns of the loop to load. */
export const SLOW_MODULE: URL = new URL('./modules/slow.mjs', import.meta.url)

/** Starts a server for one test, with two workers where it has workers. */
export async function start(
  t: ExecutionContext,
  crew: Crew,
  options: ServerOptions = {},
): Promise<LancelotServer> {
  const workers = crew === 'inetd' ? {} : { workers: 2 }
  const all = { port: 0, answers: { x: 'X.' }, ...workers, ...options }
  const server = await startDesign({ ...all, architecture: crew })
  t.teardown(() => server.close({ drainMsMax: 0 }))
  return server
}

/** Asks one question on a connection of its own, which stays open, and returns what was said. */
export async function ask(
  server: LancelotServer,
  question: string,
): Promise<{ client: SocketClient; said: string }> {
  const client = await SocketClient.open(server.address)
  return { client, said: await askAgain(client, question) }
}

/** Asks one more question on a connection; answers end in `.`. */
export async function askAgain(client: SocketClient, question: string): Promise<string> {
  const before = client.received.length
  client.send(`${question}?`)
  while (!client.received.slice(before).endsWith('.')) await once(client.socket, 'data')
  return client.received.slice(before)
}

/** The error that the server tells next. */
export function nextError(server: LancelotServer): Promise<LancelotError> {
  return new Promise(resolve => server.once('error', error => resolve(error as LancelotError)))
}

/** How the next connection to end went. */
export function nextClose(server: LancelotServer): Promise<ConnectionSummary> {
  return new Promise(resolve => server.once('close', (_, summary) => resolve(summary)))
}

/** Waits for counters, which come when the members report them. */
export async function untilStats(server: LancelotServer, wanted: Partial<Stats>): Promise<void> {
  const names = Object.keys(wanted) as (keyof Stats)[]
  while (names.some(name => server.stats()[name] !== wanted[name])) await turn()
}
