/** What a check plays in: servers on free ports, peers of them, and how all of it ends. */

import { strict as assert } from 'node:assert'
import { setImmediate as turn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { Peer } from './peer.mjs'

/** Counters that are wrong for so long stay wrong. */
const SETTLE_MS_MAX = 5000

/**
 * Plays a check with one engine's servers. Whatever it started is over when this resolves, so a
 * runtime that cannot end a server is found by the check that started it.
 */
export async function play(startServer, check) {
  const servers = []
  const peers = []
  const start = async options => {
    const server = await startServer({ port: 0, ...options })
    servers.push(server)
    return server
  }
  const open = async server => {
    const peer = await Peer.open(server.address.port)
    peers.push(peer)
    return peer
  }
  try {
    await check({ start, open })
  } finally {
    for (const peer of peers) peer.destroy()
    await Promise.all(servers.map(server => server.close({ drainMsMax: 0 })))
  }
}

/** How the next connection to end went. */
export function nextEnd(server) {
  return new Promise(resolve => {
    server.once('close', (_, summary) => resolve(summary))
  })
}

/**
 * Waits until these counters are what they have to be: a turn publishes them at its end, which may
 * be after the answer arrived.
 */
export async function statsBecome(server, wanted) {
  const now = () => {
    const stats = server.stats()
    return Object.fromEntries(Object.keys(wanted).map(name => [name, stats[name]]))
  }
  const untilMs = performance.now() + SETTLE_MS_MAX
  while (!isDeepStrictEqual(now(), wanted) && performance.now() < untilMs) await turn()
  assert.deepEqual(now(), wanted)
}
