/** The Worker of `worker-lives.mjs`: a server that is asked until it is busy, and its end. */

import { parentPort, workerData } from 'node:worker_threads'
import { startPollServer } from 'lancelot'
import { endingHandler } from './ending-handler.mjs'

const { way, isOdd } = workerData
const REQUESTS = 200

/** `busy` asks the main thread to end this one, which meanwhile goes on answering. */
const WAYS = {
  exit() {
    process.exit(7)
  },
  terminate() {
    parentPort.postMessage('busy')
  },
  'main-exits'() {
    parentPort.postMessage('busy')
  },
  async close() {
    await server.close()
  },
  'close-and-exit'() {
    void server.close()
    process.exit(7)
  },
}

const handler = endingHandler(REQUESTS, isOdd, WAYS[way])
const server = await startPollServer({ port: 0, answers: { known: 'a' }, handler })
server.on('connection', () => {})
server.on('close', () => {})
parentPort.postMessage({ port: server.address.port })
