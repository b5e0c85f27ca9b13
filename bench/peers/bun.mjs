/**
 * What a careful person writes on `Bun.listen`: one write per data event, a limit on a question's
 * length, and whoever does not read is not read from. `bun bun.mjs PORT MODE`. In mode `table` it
 * is a contestant of `lancelot compare`: it obeys nobody and ends by a signal.
 */

import { obey } from './control.mjs'
import { handler, tableAnswer } from './handlers.mjs'

const QUESTION_LENGTH_MAX = 16_384

const [port, mode] = process.argv.slice(2)
const answer = mode === 'table' ? tableAnswer : handler

const listener = Bun.listen({
  hostname: '127.0.0.1',
  port: Number(port),
  socket: {
    open(socket) {
      socket.data = { rest: '', unsent: undefined }
    },
    data(socket, chunk) {
      const state = socket.data
      const text = state.rest + chunk.latin1Slice()
      let answers = ''
      let start = 0
      for (let end = text.indexOf('?'); end !== -1; end = text.indexOf('?', start)) {
        if (end - start > QUESTION_LENGTH_MAX) break
        answers += answer(text.slice(start, end))
        start = end + 1
      }
      state.rest = text.slice(start)
      if (answers !== '') send(socket, answers)
      if (state.rest.length > QUESTION_LENGTH_MAX) socket.end()
    },
    drain(socket) {
      const { unsent } = socket.data
      if (unsent === undefined) return
      const sent = socket.write(unsent)
      socket.data.unsent = sent < unsent.length ? unsent.subarray(Math.max(sent, 0)) : undefined
      if (socket.data.unsent === undefined) socket.resume()
    },
    error(socket) {
      socket.terminate()
    },
  },
})

/** The answers are ASCII, so their length is that of their bytes. */
function send(socket, answers) {
  const { unsent } = socket.data
  if (unsent !== undefined) {
    socket.data.unsent = Buffer.concat([unsent, Buffer.from(answers, 'latin1')])
    return
  }
  const sent = socket.write(answers)
  if (sent === answers.length) return
  socket.data.unsent = Buffer.from(answers, 'latin1').subarray(Math.max(sent, 0))
  socket.pause()
}

if (mode !== 'table') obey(`listening ${listener.port}`)
