/**
 * A server with a handler: JavaScript answers what the table does not know.
 *
 * Run `npm run build`, then `node examples/handler.mjs`, then
 * `printf 'ping\nadd 2 3\nslow\nquit\n' | nc localhost 1061`.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { startPollServer } from 'lancelot'

const server = await startPollServer({
  port: 1061,
  delimiter: '\n',
  answerSuffix: '\n',
  answers: { ping: 'pong' },
  async handler(request, connection) {
    const [command, ...words] = request.split(' ')
    if (command === 'add') return String(words.reduce((sum, word) => sum + Number(word), 0))
    if (command === 'who') return `you are ${connection.remoteAddress}`
    if (command === 'quit') return null // closes, once everything asked before is answered
    await sleep(100) // later answers keep their place in the order
    return `${command}: what is that?`
  },
})

server.on('close', (connection, { code, requests }) => {
  console.log(`#${connection.id} ${code} after ${requests} requests`)
})

console.log(`listening on ${server.address.host}:${server.address.port}, Ctrl-C stops`)

process.once('SIGINT', () => server.close())
