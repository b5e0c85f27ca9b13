/**
 * What a careful person writes on plain `node:net`: the peer that Lancelot has to beat.
 *
 * One write per data event, no Nagle, a limit on a question's length, no reading from those who do
 * not read. `node node-net.mjs PORT`; 0 picks a port.
 */

import { createServer } from 'node:net'
import { obey } from './control.mjs'

const QUESTION_LENGTH_MAX = 16_384
const UNKNOWN = 'Error: unknown question.'
const ANSWERS = new Map([
  ['What is your name', 'My name is Sir Lancelot of Camelot.'],
  ['What is your quest', 'To seek the Holy Grail.'],
  ['What is your favorite color', 'Blue.'],
])

const server = createServer({ noDelay: true }, socket => {
  let rest = ''
  socket.on('data', chunk => {
    const text = rest + chunk.toString('latin1')
    let answers = ''
    let start = 0
    for (let end = text.indexOf('?'); end !== -1; end = text.indexOf('?', start)) {
      answers += ANSWERS.get(text.slice(start, end)) ?? UNKNOWN
      start = end + 1
    }
    rest = text.slice(start)
    if (rest.length > QUESTION_LENGTH_MAX) socket.destroy()
    else if (answers !== '' && !socket.write(answers, 'latin1')) socket.pause()
  })
  socket.on('drain', () => socket.resume())
  socket.on('error', () => socket.destroy())
})

server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 }, () => {
  obey(server.address().port)
})
