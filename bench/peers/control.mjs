/**
 * What every JavaScript peer of the benchmark obeys, one line on stdin at a time:
 *
 * - `settle`: collects garbage (with --expose-gc) and prints `settled`, before memory is read.
 * - `block MS`: prints `blocking`, keeps the JavaScript thread busy that long, prints `unblocked`.
 * - commands of its own, a word and perhaps an argument: prints what they return.
 *
 * When stdin ends, so does the peer: it never outlives the benchmark.
 */

import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'

/** Says that it is ready, for a server where it listens, and starts to obey. */
export function obey(ready, commands = {}) {
  const lines = createInterface({ input: process.stdin })
  lines.on('line', async line => {
    const [, word, argument] = /^(\S+) ?(.*)$/.exec(line)
    if (word === 'settle') {
      await settle()
      say('settled')
    } else if (word === 'block') {
      say('blocking', () => {
        block(Number(argument))
        say('unblocked')
      })
    } else {
      say(await commands[word](argument))
    }
  })
  lines.on('close', () => process.exit(0))
  say(ready)
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
