/**
 * A Worker that waits for the word to begin, asks a server so many requests while nobody helps it,
 * and says how it went through shared memory: its main thread is blocked.
 *
 * Shared words: 0 begin, 1 done (1: all answers were right, 2: not).
 */

import { connect } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'

const { port, requests, request, answer, state } = workerData
const words = new Int32Array(state)
const DEPTH = 16

function ask(done) {
  const wanted = Buffer.from(answer.repeat(requests))
  const socket = connect({ host: '127.0.0.1', port })
  let gotBytes = 0
  let asked = 0
  let isRight = true
  const askMore = () => {
    const answered = Math.floor(gotBytes / answer.length)
    const more = Math.min(requests, answered + DEPTH) - asked
    if (more <= 0) return
    socket.write(request.repeat(more))
    asked += more
  }
  socket.on('data', piece => {
    isRight &&= wanted.subarray(gotBytes, gotBytes + piece.length).equals(piece)
    gotBytes += piece.length
    askMore()
    if (gotBytes >= wanted.length) socket.end()
  })
  socket.on('error', () => {
    isRight = false
  })
  socket.on('close', () => done(isRight && gotBytes === wanted.length))
  askMore()
}

parentPort.postMessage('ready')
Atomics.wait(words, 0, 0)
ask(isRight => {
  Atomics.store(words, 1, isRight ? 1 : 2)
  Atomics.notify(words, 1)
})
