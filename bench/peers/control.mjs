/**
 * What every Node peer of the benchmark obeys, one word per line on stdin:
 *
 * - `settle`: collects garbage (with --expose-gc) and prints `settled`, before memory is read.
 * - `block MS`: prints `blocking`, keeps the JavaScript thread busy that long, prints `unblocked`.
 *
 * When stdin ends, so does the peer: it never outlives the benchmark.
 */

import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'

/** Says where the server listens, and starts to obey. */
export function obey(port) {
  const lines = createInterface({ input: process.stdin })
  lines.on('line', async line => {
    const [word, argument] = line.split(' ')
    if (word === 'settle') {
      await settle()
      say('settled')
    } else if (word === 'block') {
      say('blocking', () => {
        block(Number(argument))
        say('unblocked')
      })
    }
  })
  lines.on('close', () => process.exit(0))
  say(`listening ${port}`)
}

function say(line, then) {
  process.stdout.write(`${line}\n`, then)
}

/** Finalizers run between collections, and free what the next one can then take. */
async function settle() {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.()
    await wait(50)
  }
}

function block(durationMs) {
  const end = performance.now() + durationMs
  while (performance.now() < end);
}
