/**
 * What a careful person writes on plain `node:net`: the peer that Lancelot has to beat.
 *
 * One write per data event, no Nagle, a limit on a question's length, no reading from those who do
 * not read. `node node-net.mjs PORT MODE`; port 0 picks one. In mode `lives` it also keeps an
 * account of every connection; in mode `broadcast` it knows its sockets and can push to them all;
 * in mode `table` it is a contestant of `lancelot compare`: it obeys nobody and ends by a signal.
 */

import { createServer } from 'node:net'
import { obey } from './control.mjs'
import { handler, tableAnswer } from './handlers.mjs'

const QUESTION_LENGTH_MAX = 16_384

const [port, mode] = process.argv.slice(2)
const answer = mode === 'table' ? tableAnswer : handler
const sockets = new Set()
let opened = 0
let closed = 0
let durationMs = 0
let bytes = 0
let answered = 0

const server = createServer({ noDelay: true }, socket => {
  let rest = ''
  let requests = 0
  socket.on('data', chunk => {
    const text = rest + chunk.toString('latin1')
    let answers = ''
    let start = 0
    for (let end = text.indexOf('?'); end !== -1; end = text.indexOf('?', start)) {
      if (end - start > QUESTION_LENGTH_MAX) break
      answers += answer(text.slice(start, end))
      requests += 1
      start = end + 1
    }
    rest = text.slice(start)
    if (answers !== '' && !socket.write(answers, 'latin1')) socket.pause()
    if (rest.length > QUESTION_LENGTH_MAX) socket.destroySoon()
  })
  socket.on('drain', () => socket.resume())
  socket.on('error', () => socket.destroy())
  if (mode === 'lives') {
    const openedAtMs = performance.now()
    opened += 1
    socket.on('close', () => {
      closed += 1
      durationMs += performance.now() - openedAtMs
      bytes += socket.bytesRead + socket.bytesWritten
      answered += requests
    })
  } else if (mode === 'broadcast') {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  }
})

/** Sends to everyone who takes what was sent before; returns to how many. */
function broadcast(text) {
  const piece = Buffer.from(text, 'latin1')
  let reached = 0
  for (const socket of sockets) {
    if (socket.writableNeedDrain) continue
    socket.write(piece)
    reached += 1
  }
  return String(reached)
}

server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 }, () => {
  if (mode === 'table') return
  obey(`listening ${server.address().port}`, {
    broadcast,
    report: () => JSON.stringify({ opened, closed, durationMs, bytes, answered }),
  })
})
