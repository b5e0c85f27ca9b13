/** How the inbox takes batches: all of them, or so many a turn and then rings for itself. */

import test from 'ava'
import { type Inbound, Inbox } from '../../src/native-inbox.ts'

const BATCHES_PER_TURN_MAX = 16
const REQUESTS = 2
const ASCII = 1 << 29

/** A border that holds this many batches of one request without text. */
function border(batches: number) {
  const counts = { batches, rings: 0, told: 0 }
  const native = {
    drain(words: Uint32Array): number {
      if (counts.batches === 0) return 0
      counts.batches -= 1
      words.set([0, REQUESTS, 0, 0, 1, 1, 0, ASCII])
      return 7
    },
    ring() {
      counts.rings += 1
    },
  }
  const inbound = {
    requests(...[, , , , count]: Parameters<Inbound['requests']>) {
      counts.told += count
    },
    batchEnded() {},
  }
  const inbox = new Inbox(native, inbound as unknown as Inbound, 'utf8', 1)
  return { counts, inbox }
}

test('an inbox says that nothing is left only where nothing is', t => {
  const { counts, inbox } = border(BATCHES_PER_TURN_MAX - 1)
  t.true(inbox.drain())
  t.like(counts, { told: BATCHES_PER_TURN_MAX - 1, rings: 0 })
})

test('an inbox that has taken enough for a turn rings again and says that more may be left', t => {
  const { counts, inbox } = border(2 * BATCHES_PER_TURN_MAX)
  t.false(inbox.drain())
  t.like(counts, { told: BATCHES_PER_TURN_MAX, rings: 1 })
  t.false(inbox.drain())
  t.true(inbox.drain())
  t.like(counts, { told: 2 * BATCHES_PER_TURN_MAX, rings: 2 })
})
