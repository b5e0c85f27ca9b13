/**
 * Takes what the loops of a native server tell, and tells it on, record by record.
 *
 * The other end is `crate/border/src/records.rs`, which says what a record is. Knows no handler and
 * no events; `native-driver.ts` does.
 */

import type { NativeServer } from './native.ts'
import type { Reply } from './native-tickets.ts'
import { decode } from './text-encoding.ts'
import type { Decoded, Encoding } from './types.ts'

/** Words of a header: head, slot, generation, number, more words, bytes of text. */
const HEADER_WORDS = 6
const WORDS_MAX = 24 * 1024
const TEXT_BYTES = 256 * 1024
/** Text that is decoded at a time: whoever keeps a piece of it keeps all of it. */
const DECODED_BYTES = 8 * 1024
/** Batches taken in one turn of JavaScript's loop; then others get their chance. */
const BATCHES_PER_TURN_MAX = 16

const OPENED = 1
const REQUESTS = 2
const CLOSED = 3
const FAILED = 4
const STOPPED = 5
const REQUESTED = 6
const RESPONDED = 7
const OVERLOADED = 8

/** The address is of IPv6, as text. */
const V6 = 2

const REACHED = 0
const INSPECTED = 1
/** Stands for no slot. */
const NO_SLOT = 2 ** 32 - 1

/** How a request is written in a run. Below 0: its number among those seen before. */
const ASCII = 1 << 29
const DEFINED = 1 << 30
const LENGTH = (1 << 25) - 1
const NUMBER = 0xffff

/** A peer connected just now. */
export const FRESH = 1
/** Nobody was told that it connected, and nobody but the handler hears of it. */
export const MISSED = 4

/** What `failed` is about. */
export const FAILED_ACCEPT = 0
/** A loop ended by a fault of its own. */
export const FAILED_LOOP = 1
/** Events came faster than they were taken. */
export const FAILED_EVENTS = 2

/** Who a record is about: a slot of a loop, and which of its uses. */
export interface Whom {
  readonly loop: number
  readonly slot: number
  readonly generation: number
}

/** How a connection went: requests, bytes read, bytes written, ms. */
export type Counts = readonly [number, number, number, number]

/** What is told. `whom` is the same object each time: copy what is to be kept. */
export interface Inbound {
  /** `host` is empty where the peer was gone already; `detail` says `FRESH` or `MISSED`. */
  opened(whom: Whom, host: number | string, port: number, atMs: number, detail: number): void
  /**
   * The first `count` of these requests are of one connection, for one handler. The first of them
   * has this number. The array is the same each time.
   */
  requests(whom: Whom, route: number, number: number, requests: Decoded[], count: number): void
  requested(whom: Whom, number: number, request: Decoded): void
  responded(whom: Whom, number: number, response: Decoded): void
  /** `missed`: nobody was told that it opened. */
  closed(whom: Whom, reason: number, missed: boolean, counts: Counts): void
  /** `detail` says what failed, `number` how: the system's error, or how many were dropped. */
  failed(detail: number, number: number, message: string): void
  overloaded(overload: number, begins: boolean, atMs: number): void
  replied(ticket: number, reply: Reply): void
  stopped(drained: number, cut: number): void
  /** A batch was told: the time to write back. */
  batchEnded(): void
}

/** JavaScript's end of the border. */
export class Inbox {
  readonly #native: Pick<NativeServer, 'drain' | 'ring'>
  readonly #inbound: Inbound
  readonly #encoding: Encoding
  /** The first word says how many bytes of text there are. */
  readonly #words = new Uint32Array(1 + WORDS_MAX)
  /** The same words, for those whose highest bit is a flag. */
  readonly #flagged = new Int32Array(this.#words.buffer)
  readonly #whom = { loop: 0, slot: 0, generation: 0 }
  /** Those of the run that is told. */
  readonly #requests: Decoded[] = []
  /** Requests seen before, by loop and number. */
  readonly #seen: string[][]
  /** One buffer for ever; a longer one only while a record needs it. */
  readonly #ownText = Buffer.allocUnsafeSlow(TEXT_BYTES)
  #text: Buffer = this.#ownText
  /** The part of the text that is decoded: Latin-1 maps bytes to characters one to one. */
  #decoded = ''
  #decodedFrom = 0
  #decodedTo = 0

  constructor(
    native: Pick<NativeServer, 'drain' | 'ring'>,
    inbound: Inbound,
    encoding: Encoding,
    loops: number,
  ) {
    this.#native = native
    this.#inbound = inbound
    this.#encoding = encoding
    this.#seen = Array.from({ length: loops }, () => [])
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
    const words = this.#words
    let end = this.#native.drain(words, this.#ownText)
    if (end < 0) {
      this.#text = Buffer.allocUnsafeSlow(-end)
      end = this.#native.drain(words, this.#text)
    }
    if (end === 0) return false
    this.#decodedTo = 0
    for (let at = 1, textAt = 0; at <= end; ) {
      const textEnd = textAt + (words[at + 5] as number)
      if (((words[at] as number) & 0xff) === REQUESTS) this.#tellRun(at, textAt, textEnd)
      else this.#tell(at, textAt, textEnd)
      at += HEADER_WORDS + (words[at + 4] as number)
      textAt = textEnd
    }
    this.#text = this.#ownText
    this.#inbound.batchEnded()
    return true
  }

  #readWhom(at: number): Whom {
    const words = this.#words
    const whom = this.#whom
    whom.loop = ((words[at] as number) >>> 8) & 0xff
    whom.slot = words[at + 1] as number
    whom.generation = words[at + 2] as number
    return whom
  }

  #tellRun(at: number, textAt: number, textEnd: number): void {
    const words = this.#words
    const flagged = this.#flagged
    const whom = this.#readWhom(at)
    const seen = this.#seen[whom.loop] as string[]
    const requests = this.#requests
    let count = 0
    this.#decode(textAt, textEnd)
    const end = at + HEADER_WORDS + (words[at + 4] as number)
    let from = textAt
    for (let word = at + HEADER_WORDS; word < end; word++) {
      const written = flagged[word] as number
      if (written < 0) {
        requests[count++] = seen[written & NUMBER] as string
        continue
      }
      const to = from + (written & LENGTH)
      let request: Decoded
      if ((written & DEFINED) !== 0) {
        request = intern(decode(this.#text.subarray(from, to), this.#encoding) as string)
        seen[flagged[++word] as number] = request
      } else {
        request = this.#cut(from, to, (written & ASCII) !== 0)
      }
      requests[count++] = request
      from = to
    }
    const route = (words[at] as number) >>> 16
    this.#inbound.requests(whom, route, words[at + 3] as number, requests, count)
  }

  /** Text of a part that was decoded. */
  #cut(from: number, to: number, isAscii: boolean): Decoded {
    const encoding = this.#encoding
    if (encoding === 'latin1' || (isAscii && encoding === 'utf8')) {
      return this.#decoded.substring(from - this.#decodedFrom, to - this.#decodedFrom)
    }
    return decode(this.#text.subarray(from, to), encoding)
  }

  /** Sees to it that this part is decoded, and mostly what comes after it too. */
  #decode(from: number, to: number): void {
    if (to <= this.#decodedTo || this.#encoding === 'buffer') return
    const end = Math.max(to, Math.min(this.#words[0] as number, from + DECODED_BYTES))
    this.#decoded = this.#text.toString('latin1', from, end)
    this.#decodedFrom = from
    this.#decodedTo = end
  }

  #tell(at: number, textAt: number, textEnd: number): void {
    const words = this.#words
    const inbound = this.#inbound
    const whom = this.#readWhom(at)
    const head = words[at] as number
    const detail = head >>> 16
    const number = words[at + 3] as number
    const text = this.#text
    switch (head & 0xff) {
      case OPENED: {
        const isV6 = (detail & V6) !== 0
        const host = isV6
          ? text.toString('latin1', textAt + 8, textEnd)
          : textEnd === textAt + 8
            ? ''
            : text.readUInt32BE(textAt + 8)
        inbound.opened(whom, host, number, text.readDoubleLE(textAt), detail)
        break
      }
      case REQUESTED:
        this.#decode(textAt, textEnd)
        inbound.requested(whom, number, this.#cut(textAt, textEnd, detail === 1))
        break
      case RESPONDED:
        this.#decode(textAt, textEnd)
        inbound.responded(whom, number, this.#cut(textAt, textEnd, detail === 1))
        break
      case CLOSED:
        inbound.closed(whom, detail & 0xff, detail >> 8 !== 0, this.#doubles(textAt))
        break
      case FAILED:
        inbound.failed(detail, number, text.toString('utf8', textAt, textEnd))
        break
      case OVERLOADED:
        inbound.overloaded(detail & 0xff, detail >> 8 !== 0, number)
        break
      case STOPPED:
        inbound.stopped(text.readDoubleLE(textAt), text.readDoubleLE(textAt + 8))
        break
      default:
        inbound.replied(number, this.#reply(detail, whom.slot, textAt, textEnd))
    }
  }
  #reply(kind: number, count: number, textAt: number, textEnd: number): Reply {
    if (kind === REACHED) return { reached: count }
    const text = this.#text
    if (kind === INSPECTED) {
      if (textEnd === textAt) return { stats: undefined }
      const [requests, bytesRead, bytesWritten, durationMs] = this.#doubles(textAt)
      const inFlight = text.readDoubleLE(textAt + 32)
      const unsentBytes = text.readDoubleLE(textAt + 40)
      return { stats: { requests, bytesRead, bytesWritten, durationMs, inFlight, unsentBytes } }
    }
    const listed: number[] = []
    for (let at = textAt; at < textEnd; at += 4) listed.push(text.readUInt32LE(at))
    return { listed, next: count === NO_SLOT ? undefined : count }
  }

  #doubles(at: number): Counts {
    const text = this.#text
    return [
      text.readDoubleLE(at),
      text.readDoubleLE(at + 8),
      text.readDoubleLE(at + 16),
      text.readDoubleLE(at + 24),
    ]
  }
}

/**
 * The one string that the engine keeps for all keys that read so. It has its hash, and where a
 * program looks it up among names of its own, it is mostly the same object.
 */
function intern(text: string): string {
  return Object.keys({ [text]: 0 })[0] as string
}
