/**
 * One process in which many Workers start a server each, are asked until they are busy, and end in
 * the way that they were told.
 *
 * Run as `node worker-lives.mjs WAY LIVES`. It prints `port N` for each server, and whoever started
 * it asks; at its end, as JSON, how many Workers ended with which exit code, how many threads of
 * loops are left, and how many descriptors more than at the beginning.
 */

import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

const [way, lives] = process.argv.slice(2)
const AT_ONCE = 3
const WORKER = fileURLToPath(new URL('worker-life.mjs', import.meta.url))

/** A thread that was joined is listed for a moment longer. */
const LOOKS_MAX = 1000
const IS_LINUX = process.platform === 'linux'

const codes = {}
let begun = 0

async function live() {
  while (begun < Number(lives)) {
    begun += 1
    const worker = new Worker(WORKER, { workerData: { way, isOdd: begun % 2 === 1 } })
    worker.on('message', async message => {
      if (message !== 'busy') console.log(`port ${message.port}`)
      else if (way === 'terminate') await worker.terminate()
      else process.exit(7)
    })
    const [code] = await once(worker, 'exit')
    codes[code] = (codes[code] ?? 0) + 1
  }
}

function loopsLeft() {
  if (!IS_LINUX) return 0
  return readdirSync('/proc/self/task').filter(task => {
    try {
      return readFileSync(`/proc/self/task/${task}/comm`, 'utf8').startsWith('lancelot')
    } catch {
      return false
    }
  }).length
}

function descriptors() {
  return IS_LINUX ? readdirSync('/proc/self/fd').length : 0
}

const before = descriptors()
await Promise.all(Array.from({ length: AT_ONCE }, live))
for (let looks = 0; looks < LOOKS_MAX && loopsLeft() > 0; looks += 1) await turn()
console.log(JSON.stringify({ codes, loops: loopsLeft(), descriptors: descriptors() - before }))
