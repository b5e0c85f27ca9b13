/**
 * A server of configured answers: they leave from native threads, whatever JavaScript is doing.
 *
 * Run `npm run build`, then `node examples/answers.mjs`, then `npx lancelot ask localhost`.
 */

import { startPollServer } from 'lancelot'

const server = await startPollServer({
  port: Number(process.argv[2] ?? 1060),
  delimiter: '?',
  answers: {
    'What is your name?': 'My name is Sir Lancelot of Camelot.',
    'What is your quest?': 'To seek the Holy Grail.',
    'What is your favorite color?': 'Blue.',
  },
})

console.log(`listening on ${server.address.host}:${server.address.port}, Ctrl-C stops`)

// The table may change at any time: the next request sees it.
let asked = 0
const timer = setInterval(() => {
  asked += 1
  server.answers.set('How long have you stood here?', `${asked} seconds.`)
}, 1000)

process.once('SIGINT', async () => {
  clearInterval(timer)
  console.log(await server.close({ drainMsMax: 1000 }))
})
