/**
 * A process with a pool of threads that does not keep it alive, though one of them blocks.
 *
 * Run as `node pool-unref.mjs`. Nothing in it ends it: it ends because nothing is left to do.
 */

import { connect } from 'node:net'
import { startServer } from 'lancelot'

const server = await startServer({
  architecture: 'loop-and-pool',
  port: 0,
  workers: 2,
  handlerModule: new URL('../modules/handler.mjs', import.meta.url),
})

const socket = connect({ host: '127.0.0.1', port: server.address.port })
socket.write('block 600000?')
socket.unref()
const look = () => {
  if (server.stats().inFlight === 0) {
    setImmediate(look)
    return
  }
  server.unref()
  console.log('unref')
}
look()
