/**
 * One process that starts a server, is asked until it is busy, and dies in the way it was told.
 *
 * Run as `node life.mjs WAY NUMBER`. It prints `port N`, and whoever started it asks. Plain
 * JavaScript that imports the built package: it starts as quickly as a user's program would, which
 * a thousand lives need, and what dies is what is published.
 */

import { startPollServer } from 'lancelot'
import { endingHandler } from './ending-handler.mjs'

const [way, text] = process.argv.slice(2)
const isOdd = Number(text) % 2 === 1
const REQUESTS = 200

/** Each is called once, under load, and in a place of JavaScript's loop that the number picks. */
const WAYS = {
  async 'close-and-end'() {
    await server.close()
  },
  unref() {
    server.unref()
  },
  exit() {
    process.exit(7)
  },
  throw() {
    setImmediate(() => {
      throw new Error('thrown on purpose')
    })
  },
  async 'close-and-exit'() {
    const closed = server.close({ drainMsMax: isOdd ? 0 : 5000 })
    if (isOdd) await closed
    process.exit(7)
  },
  signal() {
    process.kill(process.pid, 'SIGTERM')
  },
  'drain-on-signal'() {
    process.once('SIGTERM', () => void server.close())
    process.kill(process.pid, 'SIGTERM')
  },
}

const handler = endingHandler(REQUESTS, isOdd, WAYS[way])
const server = await startPollServer({ port: 0, loops: 2, answers: { known: 'a' }, handler })
server.on('connection', () => {})
server.on('close', () => {})
console.log(`port ${server.address.port}`)
