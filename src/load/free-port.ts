/** Finds ports for servers that have to be told theirs. */

import { createServer } from 'node:net'
import { LancelotError } from '../errors.ts'

/** Below those that the system picks, so that nobody who lets it pick gets one meanwhile. */
const FIRST_PORT = 20_000
const PORTS = 12_000

let tried = 0

/** A port of 127.0.0.1 that is free, another one each time. Rejects with ERR_LANCELOT_MACHINE. */
export async function freePort(): Promise<number> {
  for (let left = PORTS; left > 0; left--) {
    tried += 1
    // Programs that run at the same time begin at different places.
    const port = FIRST_PORT + ((process.pid * 31 + tried) % PORTS)
    if (await isFree(port)) return port
  }
  const range = `${FIRST_PORT} to ${FIRST_PORT + PORTS - 1}`
  throw new LancelotError(
    'ERR_LANCELOT_MACHINE',
    `of the ports ${range} none is free; end some of the programs that listen there`,
  )
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
