/**
 * A server with handlers: JavaScript answers what the table does not know.
 *
 * Run `npm run build`, then `node examples/handler.mjs`, then
 * `printf 'ping\nwait 500\nadd 2 3\nwho\nquit\n' | nc localhost 1061`.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { startPollServer } from 'lancelot'

const server = await startPollServer({
  port: Number(process.argv[2] ?? 1061),
  delimiter: '\n',
  answerSuffix: '\n',
  answers: { ping: 'pong' }, // JavaScript does not even hear of it
  // Handlers by the beginning of the request; the longest that fits is asked.
  routes: {
    'add ': request => {
      const [, ...words] = request.split(' ')
      return String(words.reduce((sum, word) => sum + Number(word), 0))
    },
    'wait ': async request => {
      const ms = Math.min(Number(request.slice('wait '.length)) || 0, 1000)
      await sleep(ms) // what was asked later is answered later: the order is kept
      return `waited ${ms} ms`
    },
  },
  // Asked for what neither the table nor a route knows.
  handler(request, connection) {
    if (request === 'who') return `you are ${connection.remoteAddress}`
    if (request === 'quit') return null // closes, once everything asked before is answered
    return `${request}: what is that?`
  },
})

server.on('close', (connection, { code, requests }) => {
  console.log(`#${connection.id} ${code} after ${requests} requests`)
})

console.log(`listening on ${server.address.host}:${server.address.port}, Ctrl-C stops`)

process.once('SIGINT', () => server.close())
