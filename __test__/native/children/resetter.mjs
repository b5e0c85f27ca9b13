/**
 * A Worker that waits for the word to begin, opens so many connections, and resets each at once.
 *
 * Shared words: 0 begin, 1 done.
 */

import { connect } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'

const { port, connections, state } = workerData
const words = new Int32Array(state)
const AT_ONCE = 64

let begun = 0
let ended = 0

function comeAndGo() {
  if (begun === connections) return
  begun += 1
  const socket = connect({ host: '127.0.0.1', port })
  // A reset leaves no port behind that must wait for its next use.
  socket.on('connect', () => socket.resetAndDestroy())
  socket.on('error', () => {})
  socket.on('close', () => {
    ended += 1
    if (ended < connections) return comeAndGo()
    Atomics.store(words, 1, 1)
    Atomics.notify(words, 1)
  })
}

parentPort.postMessage('ready')
Atomics.wait(words, 0, 0)
for (let i = 0; i < AT_ONCE; i += 1) comeAndGo()
