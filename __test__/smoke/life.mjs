/**
 * One process that starts a server, is asked until it is busy, and ends in the way it was told.
 *
 * Run as `life.mjs ENGINE WAY ODD`; `lives.mjs` does. It prints `port N`, and whoever started it
 * asks; then `busy`, when it begins to end. With a way that begins with `worker-` the server lives
 * in a Worker of this process.
 */

import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { startJsServer, startPollServer } from '../../dist/index.js'

const [engine, way, odd] = isMainThread ? process.argv.slice(2) : workerData
const REQUESTS = 100

/** Each is called once, under load. */
const WAYS = {
  async close(server) {
    await server.close()
  },
  exit() {
    process.exit(7)
  },
  throw() {
    setImmediate(() => {
      throw new Error('thrown on purpose')
    })
  },
  signal() {
    process.kill(process.pid, 'SIGTERM')
  },
  'close-on-signal'(server) {
    process.once('SIGTERM', () => void server.close())
    process.kill(process.pid, 'SIGTERM')
  },
  unref(server) {
    server.unref()
  },
  async 'worker-close'(server) {
    await server.close()
  },
  'worker-exit'() {
    process.exit(7)
  },
  // These two are the main thread's to end, which is told that this one is busy.
  'worker-terminate'() {},
  'worker-main-exit'() {},
}

/** Ends within the handler or, where the life is odd, after it; answers are on their way. */
async function serve(say) {
  let asked = 0
  const end = () => {
    say('busy')
    WAYS[way](server)
  }
  const handler = () => {
    asked += 1
    if (asked === REQUESTS) {
      if (odd === '1') setImmediate(end)
      else end()
    }
    return asked % 3 === 0 ? Promise.resolve('a') : 'a'
  }
  const start = engine === 'native' ? startPollServer : startJsServer
  const server = await start({ port: 0, answers: { known: 'a' }, handler })
  server.on('connection', () => {})
  server.on('close', () => {})
  say(`port ${server.address.port}`)
}

/** Printed at once: what a process has not yet written when it ends is lost. */
function print(line) {
  writeSync(1, `${line}\n`)
}

async function watchWorker() {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: [engine, way, odd] })
  worker.on('message', line => {
    print(line)
    if (line !== 'busy') return
    if (way === 'worker-terminate') void worker.terminate()
    if (way === 'worker-main-exit') process.exit(7)
  })
  const [code] = await once(worker, 'exit')
  print(`worker ${code}`)
}

if (!isMainThread) await serve(line => parentPort.postMessage(line))
else if (way.startsWith('worker-')) await watchWorker()
else await serve(print)
