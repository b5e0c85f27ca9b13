/** Asks a server without pause until it is gone: it keeps loops, doorbell and events busy. */

import { connect } from 'node:net'

/** Half of it is in the table, half is the handler's. Each answer is one byte. */
const PIECE = 'known?ask?'.repeat(32)
const ANSWERS_PER_PIECE = 64
const STEADY_CONNECTIONS = 3

/** Begins. It ends by itself when the server does. */
export function askUntilGone(port: number): void {
  for (let i = 0; i < STEADY_CONNECTIONS; i += 1) askSteadily(port)
  comeAndGo(port)
}

/** Pipelines, one piece after the other. */
function askSteadily(port: number): void {
  const socket = connect({ host: '127.0.0.1', port })
  let owed = ANSWERS_PER_PIECE
  socket.write(PIECE)
  socket.on('data', answers => {
    owed -= answers.length
    if (owed > 0) return
    owed += ANSWERS_PER_PIECE
    socket.write(PIECE)
  })
  // That the server dies is the test.
  socket.on('error', () => {})
}

/** Short conversations, so that connections open and close all the time. */
function comeAndGo(port: number): void {
  const socket = connect({ host: '127.0.0.1', port })
  socket.end('known?ask?')
  socket.resume()
  let isGone = false
  socket.on('error', () => {
    isGone = true
  })
  socket.on('close', () => {
    if (!isGone) comeAndGo(port)
  })
}
