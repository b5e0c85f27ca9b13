/**
 * Watches a server in the three ways there are: events in a loop, counters, and channels.
 *
 * Run `npm run build`, then `node examples/monitor.mjs`, then `nc localhost 1061` and type `ping`.
 * It takes four connections at once: a fifth is refused, and that is an overload.
 */

import { subscribe } from 'node:diagnostics_channel'
import { startPollServer } from 'lancelot'

const server = await startPollServer({
  port: Number(process.argv[2] ?? 1061),
  delimiter: '\n',
  answerSuffix: '\n',
  answers: { ping: 'pong' },
  connectionsMax: 4,
})

// A channel is for tools that know nothing of this program: it has the events of every server.
let latest = 'nothing yet'
subscribe('lancelot.request', ({ request, number }) => {
  latest = `${JSON.stringify(request)}, number ${number} of its connection`
})

// The counters are kept natively, and reading them costs next to nothing.
let before = server.stats()
const timer = setInterval(() => {
  const now = server.stats()
  const requests = now.requests - before.requests
  before = now
  console.log(`${now.open} open, ${now.refused} refused, ${requests} requests/s, latest ${latest}`)
}, 1000)

// Reads from when it is made, and ends when the server has closed.
const events = server.events({ only: ['connection', 'close', 'error', 'overload', 'overloadEnd'] })

console.log(`listening on ${server.address.host}:${server.address.port}, Ctrl-C stops`)

process.once('SIGINT', () => server.close())

for await (const event of events) {
  const { connection, summary } = event
  if (event.type === 'connection') {
    console.log(`#${connection.id} opened from ${connection.remoteAddress}`)
  } else if (event.type === 'close') {
    const { code, requests, durationMs } = summary
    console.log(`#${connection.id} ${code} after ${requests} requests in ${durationMs} ms`)
  } else if (event.type === 'overload') console.log(`overload of ${event.reason} begins`)
  else if (event.type === 'overloadEnd') console.log(`overload of ${event.reason} is over`)
  else if (event.type === 'dropped') console.log(`${event.count} events were missed`)
  else console.error(event.error.message)
}
clearInterval(timer)
