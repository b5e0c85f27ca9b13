/**
 * A Worker that opens connections, one exchange on each so that somebody serves it, and waits for
 * the word to begin. Then, one connection after the other, it sends `stream` and receives
 * `answered` bytes; and resets it then, or finishes it when all are done.
 *
 * Shared words: 0 begin, 1 done (1: all answers were right in length, 2: not).
 */

import { once } from 'node:events'
import { connect } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'

const { port, connections, stream, answered, resets, state } = workerData
const words = new Int32Array(state)
/** A piece of what is sent, so that the other side reads while this one writes. */
const PIECE = 65_536

async function read(socket, bytes) {
  let got = 0
  while (got < bytes) {
    const [piece] = await once(socket, 'data')
    got += piece.length
  }
  return got
}

async function open() {
  const socket = connect({ host: '127.0.0.1', port })
  await once(socket, 'connect')
  const ready = read(socket, 2)
  socket.write('x?')
  await ready
  return socket
}

async function flood(socket) {
  const reading = read(socket, answered)
  for (let at = 0; at < stream.length; at += PIECE) {
    if (!socket.write(stream.slice(at, at + PIECE))) await once(socket, 'drain')
  }
  const got = await reading
  if (resets) {
    const closed = once(socket, 'close')
    socket.resetAndDestroy()
    await closed
  }
  return got === answered
}

const sockets = []
for (let count = 0; count < connections; count += 1) sockets.push(await open())
parentPort.postMessage('ready')
Atomics.wait(words, 0, 0)
let isRight = true
for (const socket of sockets) isRight = (await flood(socket)) && isRight
Atomics.store(words, 1, isRight ? 1 : 2)
Atomics.notify(words, 1)
for (const socket of sockets) socket.end()
