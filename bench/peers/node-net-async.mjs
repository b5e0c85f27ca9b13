/**
 * What a careful person writes on plain `node:net` for a handler that is asynchronous: each
 * question is awaited, the answers leave in order, and those of one piece in one write.
 *
 * `node node-net-async.mjs PORT`. See node-net.mjs for the rest.
 */

import { createServer } from 'node:net'
import { obey } from './control.mjs'
import { asyncHandler } from './handlers.mjs'

const QUESTION_LENGTH_MAX = 16_384

const server = createServer({ noDelay: true }, socket => {
  let text = ''
  let isAnswering = false
  socket.on('data', chunk => {
    text += chunk.toString('latin1')
    if (!isAnswering) void answerAll()
  })
  socket.on('drain', () => socket.resume())
  socket.on('error', () => socket.destroy())

  async function answerAll() {
    isAnswering = true
    let end = text.indexOf('?')
    while (end !== -1) {
      const piece = text
      let answers = ''
      let start = 0
      for (; end !== -1; end = piece.indexOf('?', start)) {
        answers += await asyncHandler(piece.slice(start, end))
        start = end + 1
      }
      // What came while the handler was awaited stands behind.
      text = text.slice(start)
      if (!socket.write(answers, 'latin1')) socket.pause()
      end = text.indexOf('?')
    }
    isAnswering = false
    if (text.length > QUESTION_LENGTH_MAX) socket.destroy()
  }
})

server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 }, () => {
  obey(`listening ${server.address().port}`)
})
