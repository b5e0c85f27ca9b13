/** A native server for one test, which ends with it however it goes. */

import type { ExecutionContext } from 'ava'
import { startPollServer } from '../../index.ts'
import type { LancelotServer } from '../../src/server.ts'
import type { ServerOptions } from '../../src/types.ts'

/** Starts it on a port that the system picks. */
export async function start(
  t: ExecutionContext,
  options: ServerOptions = {},
): Promise<LancelotServer> {
  const server = await startPollServer({ port: 0, ...options })
  t.teardown(() => server.close({ drainMsMax: 0 }))
  return server
}
