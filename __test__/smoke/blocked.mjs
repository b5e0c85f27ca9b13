/**
 * Is the answer there while JavaScript is blocked? What only the native server can do.
 *
 * Run as `blocked.mjs PORT` this file is the one that asks, in a process of its own: the server's
 * waits for it and runs nothing else meanwhile.
 */

import { strict as assert } from 'node:assert'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Peer } from './peer.mjs'

const FILE = fileURLToPath(import.meta.url)
const HANG_MS = 10_000

export async function answersWhileBlocked({ start }) {
  const server = await start({ answers: { a: 'A.' } })
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [FILE, String(server.address.port)],
    { encoding: 'utf8', timeout: HANG_MS },
  )
  assert.deepEqual([status, stdout.trim(), stderr], [0, 'answered', ''])
}

async function ask(port) {
  const peer = await Peer.open(port)
  peer.send('a?'.repeat(100))
  await peer.expect('A.'.repeat(100))
  await peer.finish()
  console.log('answered')
}

if (process.argv[1] === FILE) await ask(Number(process.argv[2]))
