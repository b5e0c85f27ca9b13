/**
 * Two Workers with a server each in one process. Prints `port NAME N` for both; on a line of input
 * it ends the first and prints `ended`; when the input ends, so does everything.
 */

import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

async function main() {
  const workers = []
  for (const name of ['first', 'second']) {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: name })
    const [port] = await once(worker, 'message')
    console.log(`port ${name} ${port}`)
    workers.push(worker)
  }
  for await (const _ of createInterface({ input: process.stdin })) {
    await workers.shift().terminate()
    console.log('ended')
  }
  workers.shift().postMessage('close')
}

async function serve(name) {
  const { startPollServer } = await import('lancelot')
  const handler = request => `${name} heard ${request}.`
  const server = await startPollServer({ port: 0, answers: { name: `${name}.` }, handler })
  parentPort.once('message', () => server.close())
  parentPort.postMessage(server.address.port)
}

if (isMainThread) await main()
else await serve(workerData)
