/**
 * A server of the Launcelot protocol that is right, or wrong in one way: `node broken-server.mjs
 * FAULT PORT`. Each fault is one that real servers have.
 */

import { createServer } from 'node:net'

const ANSWERS = new Map([
  ['What is your name?', 'My name is Sir Lancelot of Camelot.'],
  ['What is your quest?', 'To seek the Holy Grail.'],
  ['What is your favorite color?', 'Blue.'],
])
const UNKNOWN = 'Error: unknown question.'

const [fault = 'none', port = '0'] = process.argv.slice(2)
let connections = 0
let withheld
const waiting = []

function serveNext(gone) {
  waiting.splice(waiting.indexOf(gone), 1)
  waiting[0]?.resume()
}

const server = createServer({ allowHalfOpen: true }, socket => {
  connections += 1
  if (fault === 'dies of many' && connections > 15) process.exit(5)
  let input = ''
  let count = 0
  socket.setEncoding('latin1').setNoDelay()
  socket.on('error', error => {
    if (fault === 'dies on reset') throw error
  })
  if (fault === 'one at a time') {
    // Whoever comes while another is here waits until that one has gone.
    socket.pause()
    waiting.push(socket)
    socket.on('close', () => serveNext(socket))
    if (waiting[0] === socket) socket.resume()
  }

  const respond = text => {
    const write = () => {
      if (socket.writable) socket.write(text)
    }
    // As designs do that let somebody else answer.
    if (fault === 'answers late') setTimeout(write, 20)
    else write()
  }
  const answer = question => {
    count += 1
    const known = ANSWERS.get(question)
    if (known === undefined && fault === 'dies on unknown') process.exit(3)
    if (known === undefined && fault === 'closes on unknown') return void socket.end()
    if (known === undefined && fault === 'silent on unknown') return
    const text = known ?? UNKNOWN
    if (fault === 'wrong case') return respond(text.toUpperCase())
    if (fault === 'loses every 50th' && count % 50 === 0) return
    if (fault === 'misorders' && count % 2 === 1 && input.includes('?')) {
      withheld = text
      return
    }
    if (fault === 'twice' && count === 3) respond(text)
    respond(text)
    if (withheld !== undefined) respond(withheld)
    withheld = undefined
  }
  socket.on('data', piece => {
    if (fault === 'answers pieces') return answer(piece)
    if (fault === 'forgets pieces' && !piece.includes('?')) return
    input += piece
    if (fault === 'dies when too long' && input.length > 10_000) process.exit(4)
    if (fault === 'guesses when too long' && input.length > 10_000) return respond('Blue.')
    if (fault === 'whole packets') {
      if (!input.endsWith('?')) return
      const question = input
      input = ''
      return answer(question)
    }
    for (let end = input.indexOf('?'); end >= 0; end = input.indexOf('?')) {
      const question = input.slice(0, end + 1)
      input = input.slice(end + 1)
      answer(question)
    }
  })
  socket.on('end', () => {
    if (fault === 'dies on vanish' && input !== '') throw new Error('it vanished')
    if (fault === 'never closes') return
    if (fault === 'answers late') socket.destroy()
    else socket.end()
  })
  // As if the descriptor of one that left was used again for one that came.
  if (fault === 'cuts newcomers' && connections > 10 && connections % 5 === 0) {
    socket.once('data', () => socket.destroy())
  }
  if (fault === 'cuts slow readers') {
    socket.on('data', () => {
      if (socket.bytesWritten > 10_000) socket.destroy()
    })
  }
})

if (fault === 'ten at most') server.maxConnections = 10
server.listen(Number(port), '127.0.0.1')
