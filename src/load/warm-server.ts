/**
 * Lends a server of a contestant that has come to its speed, on the servers' core.
 *
 * Measures nothing; what the server is for is the borrower's affair.
 */

import type { Contestant } from './contestants.ts'
import { SERVER_CORE } from './machine.ts'
import { type ServerProcess, type StartOptions, startServerProcess } from './server-process.ts'
import type { Session } from './session.ts'
import { type Target, warmUp } from './slices.ts'

/** A contestant, running. */
export interface Running extends Target {
  contestant: Contestant
  server: ServerProcess
}

/** Starts a server on its core. Rejects with ERR_LANCELOT_TARGET. */
export async function startOnCore(
  contestant: Contestant,
  environment: StartOptions['environment'] = {},
): Promise<Running> {
  const server = await startServerProcess(contestant, { core: SERVER_CORE, environment })
  return { contestant, server }
}

/** Starts one, warms it up, and ends it after `work`, however that went. */
export async function withWarmServer<Result>(
  { generator, settings, slices }: Session,
  contestant: Contestant,
  work: (running: Running) => Promise<Result>,
  environment?: StartOptions['environment'],
): Promise<Result> {
  const running = await startOnCore(contestant, environment)
  try {
    await warmUp(generator, running, settings, slices.start)
    return await work(running)
  } finally {
    await running.server.stop()
  }
}
