/**
 * Collects responses and hands them to the loops of a native server in one piece.
 *
 * Text is joined and written once; where that gives as many bytes as characters, the lengths of the
 * strings were those of their bytes, and nothing is measured twice.
 */

import type { NativeServer } from './native.ts'
import type { Whom } from './native-inbox.ts'
import type { Bytes } from './types.ts'

/** Words of a response: loop, slot, generation, number, length. */
const RESPONSE_WORDS = 5
/** Handed over at the latest when so much has come together. */
const TEXT_MAX = 1024 * 1024
const BUFFER_BYTES = 64 * 1024
const RESPONSES = 1024

/** The responses that are to be handed over next. */
export class Outbox {
  readonly #native: NativeServer
  #words = new Int32Array(RESPONSE_WORDS * RESPONSES)
  #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  #count = 0
  /** One for each response that is none to close. */
  #parts: Bytes[] = []
  #partsLength = 0
  #isText = true

  constructor(native: NativeServer) {
    this.#native = native
  }

  /** A response, without the suffix. */
  respond(whom: Whom, number: number, response: Bytes): void {
    this.#push(whom, number, response.length)
    this.#parts.push(response)
    this.#partsLength += response.length
    if (typeof response !== 'string') this.#isText = false
    if (this.#partsLength > TEXT_MAX) this.flush()
  }

  /** The connection ends instead, for this reason. */
  close(whom: Whom, number: number, reason: number): void {
    this.#push(whom, number, -1 - reason)
  }

  /** Hands over what there is. */
  flush(): void {
    if (this.#count === 0) return
    const text = this.#isText ? this.#joinText() : this.#joinParts()
    this.#native.respond(this.#words, this.#count, text)
    this.#count = 0
    this.#parts = []
    this.#partsLength = 0
    this.#isText = true
  }

  #push({ loop, slot, generation }: Whom, number: number, length: number): void {
    const at = this.#count * RESPONSE_WORDS
    if (at === this.#words.length) {
      const words = new Int32Array(2 * at)
      words.set(this.#words)
      this.#words = words
    }
    this.#words[at] = loop
    this.#words[at + 1] = slot
    this.#words[at + 2] = generation
    this.#words[at + 3] = number
    this.#words[at + 4] = length
    this.#count += 1
  }

  #joinText(): Buffer {
    const joined = this.#parts.join('')
    const buffer = this.#bufferFor(3 * joined.length)
    const bytes = buffer.write(joined, 'utf8')
    return bytes === joined.length ? buffer.subarray(0, bytes) : this.#joinParts()
  }

  #joinParts(): Buffer {
    const parts = this.#parts.map(part => (typeof part === 'string' ? Buffer.from(part) : part))
    let next = 0
    for (let word = RESPONSE_WORDS - 1; next < parts.length; word += RESPONSE_WORDS) {
      if ((this.#words[word] as number) >= 0) {
        this.#words[word] = (parts[next] as Uint8Array).length
        next += 1
      }
    }
    return Buffer.concat(parts)
  }

  #bufferFor(bytes: number): Buffer {
    if (bytes <= BUFFER_BYTES) return this.#buffer
    return Buffer.allocUnsafeSlow(bytes)
  }
}
