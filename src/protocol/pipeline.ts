/**
 * Responses that become ready in any order leave in the order of their requests.
 *
 * Knows nothing of sockets, clocks or of what a response says.
 *
 * ```text
 *   ready  |  #first            <->  ...            <->  #last
 *          |  waits, followers       waits, followers    waits, followers
 *                    '-- responses that wait for nothing but the requests before them
 * ```
 *
 * Invariant: every entry waits for the handler. One that is answered becomes followers of the entry
 * before it or, as the first, leaves; so entries are bounded by the requests in flight, and what is
 * held by bytes.
 */

import type { CloseCode } from '../errors.ts'

/** One request that waits for the handler. */
interface Entry {
  readonly number: number
  readonly askedMs: number
  /** The length of the request. */
  readonly bytes: number
  followers: Buffer[]
  /** The connection ends after the followers, for this reason. Only the last entry has one. */
  closes: CloseCode | undefined
  previous: Entry | undefined
  next: Entry | undefined
}

/** The responses of one connection, on their way out. */
export class Pipeline {
  readonly #entries = new Map<number, Entry>()
  #first: Entry | undefined
  #last: Entry | undefined
  #waitingBytes = 0
  #ready: Buffer[] = []
  /** How many of `#ready` were taken. */
  #taken = 0
  #readyBytes = 0
  #heldBytes = 0
  #closed: CloseCode | undefined

  /** Requests that wait for the handler. */
  get waiting(): number {
    return this.#entries.size
  }

  /** Their lengths, all together. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /** When the request that waits longest was asked, or undefined where none waits. */
  get oldestMs(): number | undefined {
    return this.#first?.askedMs
  }

  /** The number of the request that waits longest, or undefined where none waits. */
  get oldest(): number | undefined {
    return this.#first?.number
  }

  /** Bytes that may leave. */
  get readyBytes(): number {
    return this.#readyBytes
  }

  /** Bytes that must wait for an earlier response. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Whether a response that closes was filled in: nothing that is added now could ever leave. */
  get isClosing(): boolean {
    return this.#closed !== undefined || this.#last?.closes !== undefined
  }

  /** Why the connection ends, once everything before that response is ready. */
  get closed(): CloseCode | undefined {
    return this.#closed
  }

  /** Whether this request still waits. */
  isWaiting(number: number): boolean {
    return this.#entries.has(number)
  }

  /** A request of this length waits for the handler from now on. No other has its number. */
  ask(number: number, now: number, bytes: number): void {
    const entry: Entry = {
      number,
      askedMs: now,
      bytes,
      followers: [],
      closes: undefined,
      previous: this.#last,
      next: undefined,
    }
    if (this.#last === undefined) this.#first = entry
    else this.#last.next = entry
    this.#last = entry
    this.#entries.set(number, entry)
    this.#waitingBytes += bytes
  }

  /** A response that is ready, after all that came before. */
  push(bytes: Buffer): void {
    if (this.#last === undefined) this.#release(bytes)
    else this.#hold(this.#last, bytes)
  }

  /** Bytes that are no response: they leave after what is ready, before what is waited for. */
  interject(bytes: Buffer): void {
    this.#release(bytes)
  }

  /** The response to a request that waits. */
  fill(number: number, bytes: Buffer): void {
    const entry = this.#entries.get(number)
    if (entry === undefined) return
    const { previous } = entry
    this.#unlink(entry)
    if (previous === undefined) {
      this.#release(bytes)
      for (const follower of entry.followers) {
        this.#heldBytes -= follower.length
        this.#release(follower)
      }
      this.#closed = entry.closes
    } else {
      this.#hold(previous, bytes)
      for (const follower of entry.followers) previous.followers.push(follower)
      previous.closes = entry.closes
    }
  }

  /** Ends the connection at the place of a request that waits; what comes after it is dropped. */
  close(number: number, code: CloseCode): void {
    const entry = this.#entries.get(number)
    if (entry === undefined) return
    for (let later: Entry | undefined = this.#last; later !== undefined; later = this.#last) {
      for (const follower of later.followers) this.#heldBytes -= follower.length
      this.#unlink(later)
      if (later === entry) break
    }
    if (this.#last === undefined) this.#closed = code
    else this.#last.closes = code
  }

  /** Takes at most `bytesMax` bytes that may leave, as one piece; undefined: there are none. */
  take(bytesMax: number): Buffer | undefined {
    const pieces: Buffer[] = []
    let bytes = 0
    while (this.#taken < this.#ready.length && bytes < bytesMax) {
      const piece = this.#ready[this.#taken] as Buffer
      const room = bytesMax - bytes
      if (piece.length > room) {
        this.#ready[this.#taken] = piece.subarray(room)
        pieces.push(piece.subarray(0, room))
      } else {
        this.#taken += 1
        pieces.push(piece)
      }
      bytes += Math.min(piece.length, room)
    }
    this.#readyBytes -= bytes
    if (this.#taken === this.#ready.length) {
      this.#ready = []
      this.#taken = 0
    }
    return pieces.length > 1 ? Buffer.concat(pieces, bytes) : pieces[0]
  }

  /** Drops everything: nothing waits, nothing is owed. */
  clear(): void {
    this.#entries.clear()
    this.#first = undefined
    this.#last = undefined
    this.#waitingBytes = 0
    this.#ready = []
    this.#taken = 0
    this.#readyBytes = 0
    this.#heldBytes = 0
  }

  #release(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#ready.push(bytes)
    this.#readyBytes += bytes.length
  }

  #hold(entry: Entry, bytes: Buffer): void {
    if (bytes.length === 0) return
    entry.followers.push(bytes)
    this.#heldBytes += bytes.length
  }

  #unlink(entry: Entry): void {
    this.#entries.delete(entry.number)
    this.#waitingBytes -= entry.bytes
    if (entry.previous === undefined) this.#first = entry.next
    else entry.previous.next = entry.next
    if (entry.next === undefined) this.#last = entry.previous
    else entry.next.previous = entry.previous
  }
}
