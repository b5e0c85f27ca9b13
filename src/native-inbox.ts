/**
 * Takes what the loops of a native server tell, and tells it on, record by record.
 *
 * The other end is `crate/addon/border.rs`, which draws the records. Knows no handler and no
 * events; `architectures/poll.ts` does.
 */

import type { NativeServer } from './native.ts'

/** Words of a record: head, slot, generation, number, bytes of text. */
const RECORD_WORDS = 5
const RECORDS_MAX = 4096
const TEXT_BYTES = 256 * 1024
/** Batches taken in one turn of JavaScript's loop; then others get their chance. */
const BATCHES_PER_TURN_MAX = 16

const OPENED = 1
const REQUEST = 2
const CLOSED = 3
const FAILED = 4

/** Who a record is about: a slot of a loop, and which of its uses. */
export interface Whom {
  loop: number
  slot: number
  generation: number
}

/** What is told. `whom` is the same object each time: copy what is to be kept. */
export interface Inbound {
  opened(whom: Whom, host: string, port: number, fresh: boolean): void
  request(whom: Whom, number: number, request: string): void
  /** `counts`: requests, bytes read, bytes written, ms. */
  closed(whom: Whom, reason: number, counts: readonly [number, number, number, number]): void
  /** `detail` says what failed, `number` how: the system's error, or how many were dropped. */
  failed(detail: number, number: number, message: string): void
  stopped(drained: number, cut: number): void
  /** A batch was told: the time to write back. */
  batchEnded(): void
}

/** What `failed` is about. */
export const FAILED_ACCEPT = 0
/** A loop ended by a fault of its own. */
export const FAILED_LOOP = 1
/** Events came faster than they were taken. */
export const FAILED_EVENTS = 2

/** JavaScript's end of the border. */
export class Inbox {
  readonly #native: NativeServer
  readonly #inbound: Inbound
  /** The first word says how many bytes of text there are. */
  readonly #words = new Uint32Array(1 + RECORD_WORDS * RECORDS_MAX)
  readonly #whom: Whom = { loop: 0, slot: 0, generation: 0 }
  /** One buffer for ever; a longer one only while a record needs it. */
  readonly #text = Buffer.allocUnsafeSlow(TEXT_BYTES)

  constructor(native: NativeServer, inbound: Inbound) {
    this.#native = native
    this.#inbound = inbound
  }

  /** Answers the doorbell. Whether nothing was left; otherwise it rings again. */
  drain(): boolean {
    for (let batches = 0; batches < BATCHES_PER_TURN_MAX; batches++) {
      if (!this.#drainBatch()) return true
    }
    this.#native.ring()
    return false
  }

  /** Whether there was one. */
  #drainBatch(): boolean {
    let text = this.#text
    let count = this.#native.drain(this.#words, text)
    if (count < 0) {
      text = Buffer.allocUnsafeSlow(-count)
      count = this.#native.drain(this.#words, text)
    }
    if (count === 0) return false
    // Latin-1 maps bytes to characters one to one, so one string serves all records.
    const latin1 = text.toString('latin1', 0, this.#words[0])
    for (let record = 0, at = 0; record < count; record++) {
      at = this.#tell(1 + record * RECORD_WORDS, at, latin1, text)
    }
    this.#inbound.batchEnded()
    return true
  }

  /** Tells one record; where the next one's text begins. */
  #tell(word: number, at: number, latin1: string, text: Buffer): number {
    const words = this.#words
    const whom = this.#whom
    const head = words[word] as number
    whom.loop = (head >>> 8) & 0xff
    whom.slot = words[word + 1] as number
    whom.generation = words[word + 2] as number
    const number = words[word + 3] as number
    const end = at + (words[word + 4] as number)
    const detail = head >>> 16
    switch (head & 0xff) {
      case REQUEST: {
        const isAscii = detail === 1
        const request = isAscii ? latin1.substring(at, end) : text.toString('utf8', at, end)
        this.#inbound.request(whom, number, request)
        break
      }
      case OPENED:
        this.#inbound.opened(whom, latin1.substring(at, end), number, detail === 1)
        break
      case CLOSED:
        this.#inbound.closed(whom, detail, [
          text.readDoubleLE(at),
          text.readDoubleLE(at + 8),
          text.readDoubleLE(at + 16),
          text.readDoubleLE(at + 24),
        ])
        break
      case FAILED:
        this.#inbound.failed(detail, number, text.toString('utf8', at, end))
        break
      default:
        this.#inbound.stopped(text.readDoubleLE(at), text.readDoubleLE(at + 8))
    }
    return end
  }
}
