/**
 * One process with a server that does not keep it alive, in the way that it was told.
 *
 * Run as `node unref.mjs ARCHITECTURE WAY`. Nothing in it ends it: it ends because nothing is left to do,
 * or because whoever reads its port asks it to quit.
 */

import { once } from 'node:events'
import { connect } from 'node:net'
import { startServer } from 'lancelot'

const [architecture, way] = process.argv.slice(2)

const server = await startServer({
  architecture,
  port: 0,
  answers: { known: 'K.' },
  handler: request => {
    if (request !== 'quit') return new Promise(() => {})
    setImmediate(() => void server.close())
    return 'Bye.'
  },
  // None of these may be waited for.
  idleMsMax: 600_000,
  handlerMsMax: 600_000,
})

/** A conversation that goes on, but keeps nobody alive. */
async function talk() {
  const socket = connect({ host: '127.0.0.1', port: server.address.port })
  socket.write('known?')
  await once(socket, 'data')
  socket.write('never?')
  socket.unref()
}

const asked = count => {
  return new Promise(resolve => {
    const look = () => (server.stats().inFlight === count ? resolve() : setImmediate(look))
    look()
  })
}

/** What is said is said before the process can end. */
const WAYS = {
  async unref() {
    await talk()
    server.unref()
    await talk()
    await asked(2)
    console.log('unref')
  },
  async 'unref-stopping'() {
    await talk()
    await asked(1)
    server.unref()
    void server.close({ drainMsMax: 600_000 })
    console.log('unref-stopping')
  },
  async 'stopping-unref'() {
    await talk()
    await asked(1)
    void server.close({ drainMsMax: 600_000 })
    server.unref()
    console.log('stopping-unref')
  },
  async ref() {
    server.unref()
    server.ref()
    console.log(`port ${server.address.port}`)
  },
}

await WAYS[way]()
