/**
 * A Lancelot server in one of the ways that are compared. `node lancelot.mjs PORT ENGINE MODE`; the
 * engine is `native` or `js`. What its listeners were told is in its report.
 */

import { lancelot, startJsServer, startPollServer } from 'lancelot'
import { obey } from './control.mjs'
import { asyncHandler, handler } from './handlers.mjs'

const ENGINES = { native: startPollServer, js: startJsServer }

/** Without answers every request goes to the handler. */
const HANDLED = { ...lancelot.options, answers: {} }
const OPTIONS = {
  table: lancelot.options,
  handler: { ...HANDLED, handler },
  async: { ...HANDLED, handler: asyncHandler },
  // Takes the connection, as a handler does that tells its peers apart.
  connection: { ...HANDLED, handler: (request, _connection) => handler(request) },
  lives: lancelot.options,
  exchanges: lancelot.options,
}

/** The events that are listened to, and how many of them the server's counters say there were. */
const LISTENERS = {
  lives: { names: ['connection', 'close'], produced: stats => stats.accepted + stats.closed },
  exchanges: {
    names: ['request', 'response'],
    produced: stats => stats.requests + stats.answered + stats.handled + stats.unknown,
  },
}

const [port, engine, mode] = process.argv.slice(2)
const server = await ENGINES[engine]({ ...OPTIONS[mode], port: Number(port) })

let delivered = 0
const { names, produced } = LISTENERS[mode] ?? { names: [], produced: () => 0 }
for (const name of names) {
  server.on(name, () => {
    delivered += 1
  })
}

obey(`listening ${server.address.port}`, {
  report: () => {
    const stats = server.stats()
    return JSON.stringify({ delivered, dropped: stats.eventsDropped, produced: produced(stats) })
  },
  broadcast: async text => String(await server.broadcast(text)),
})
