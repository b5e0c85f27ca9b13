/**
 * Cuts a byte stream into frames that end in a delimiter.
 *
 * Does no I/O: the driver reads the socket and hands over what arrived, in pieces of any size.
 * Knows nothing of requests, responses or connections; see `connection` for those.
 *
 * ```text
 *    consumed   |  no delimiter here  |  not looked at yet
 *   0         #start              #scanned         #bytes.length
 * ```
 *
 * Invariant: `#start <= #scanned <= #bytes.length`. Each byte is searched once, however it was
 * split (but for the start of a delimiter at the end of a piece, which the next may complete), and
 * the verdicts are the same for every way of splitting the same stream.
 */

import type { Decoded, Encoding } from '../types.ts'

/** What the buffer holds at its front: a whole frame, less than one, or more than one may be. */
export type Verdict = 'frame' | 'more' | 'too-long'

const NOTHING = Buffer.alloc(0)
const BLOCK_BYTES_MIN = 256

/** The unconsumed bytes of one stream. */
export class FrameBuffer {
  readonly #delimiter: Buffer
  /** One byte is searched for as a number, which is faster. */
  readonly #needle: Buffer | number
  readonly #frameBytesMax: number
  /** A piece itself, or the used part of `#block`. */
  #bytes: Buffer = NOTHING
  /** Our own memory, with room to grow; undefined while `#bytes` is a piece. */
  #block: Buffer | undefined
  #start = 0
  #scanned = 0
  /** Where the delimiter of the frame at `#start` begins, once found. */
  #found = -1

  constructor(delimiter: Buffer, frameBytesMax: number) {
    this.#delimiter = delimiter
    this.#needle = delimiter.length === 1 ? (delimiter[0] ?? 0) : delimiter
    this.#frameBytesMax = frameBytesMax
  }

  /** Bytes that were pushed and not consumed. */
  get length(): number {
    return this.#bytes.length - this.#start
  }

  /** Adds a piece. It is kept, not copied, where nothing stands before it. */
  push(piece: Buffer): void {
    if (this.length === 0) {
      this.#bytes = piece
      this.#block = undefined
      this.#start = 0
      this.#scanned = 0
    } else if (piece.length > 0) {
      this.#append(piece)
    }
  }

  /** Looks for the next frame. The verdict stands until a push, `consume` or `clear`. */
  find(): Verdict {
    if (this.#found >= 0) return 'frame'
    const at = this.#bytes.indexOf(this.#needle, this.#scanned)
    if (at >= 0) {
      if (at - this.#start > this.#frameBytesMax) return 'too-long'
      this.#found = at
      return 'frame'
    }
    const overlap = this.#delimiter.length - 1
    this.#scanned = Math.max(this.#start, this.#bytes.length - overlap)
    if (this.length >= this.#frameBytesMax + this.#delimiter.length) return 'too-long'
    this.#unpin()
    return 'more'
  }

  /** The found frame without its delimiter, decoded; `latin1` loses nothing. */
  text(encoding: 'latin1' | 'utf8'): string {
    return this.#bytes.toString(encoding, this.#start, this.#found)
  }

  /** The found frame without its delimiter, as JavaScript sees it. */
  decode(encoding: Encoding): Decoded {
    if (encoding !== 'buffer') return this.text(encoding)
    return Buffer.from(this.#bytes.subarray(this.#start, this.#found))
  }

  /** Drops the found frame and its delimiter. */
  consume(): void {
    this.#start = this.#found + this.#delimiter.length
    this.#scanned = this.#start
    this.#found = -1
    if (this.#start === this.#bytes.length) this.clear()
  }

  /** Drops everything, and gives the memory back. */
  clear(): void {
    this.#bytes = NOTHING
    this.#block = undefined
    this.#start = 0
    this.#scanned = 0
    this.#found = -1
  }

  #append(piece: Buffer): void {
    const used = this.#bytes.length
    if (this.#block === undefined || used + piece.length > this.#block.length) {
      this.#grow(this.length + piece.length)
      this.#append(piece)
      return
    }
    piece.copy(this.#block, used)
    this.#bytes = this.#block.subarray(0, used + piece.length)
  }

  /** Moves what is held to the front of a block with room for twice `bytes`: copies are few. */
  #grow(bytes: number): void {
    const block = Buffer.allocUnsafe(Math.max(BLOCK_BYTES_MIN, 2 * bytes))
    this.#bytes.copy(block, 0, this.#start)
    const { length } = this
    this.#scanned -= this.#start
    if (this.#found >= 0) this.#found -= this.#start
    this.#start = 0
    this.#block = block
    this.#bytes = block.subarray(0, length)
  }

  /** Lets go of a piece of which little is left, so that a few bytes do not keep 64 KiB alive. */
  #unpin(): void {
    if (this.length === 0) this.clear()
    else if (this.#block === undefined && this.length * 2 < this.#bytes.length) {
      this.#grow(this.length)
    }
  }
}
