/**
 * Collects responses and hands them to the loops of a native server in one piece.
 *
 * Text is joined and written once; where that gives as many bytes as characters, the lengths of the
 * strings were those of their bytes, and nothing is measured twice. Responses to requests of one
 * connection that follow one another are a run: one header, and a word for each. The other end is
 * `crate/border/src/responses.rs`.
 */

import type { NativeServer } from './native.ts'
import type { Whom } from './native-inbox.ts'
import type { Bytes, Encoding } from './types.ts'

/** Words of a header: loop, slot, generation, first number, responses, bytes of text. */
const HEADER_WORDS = 6
const RUN_COUNT = 4
const RUN_BYTES = 5
const WORDS = 8 * 1024
/** Handed over at the latest when so much has come together. */
const TEXT_MAX = 1024 * 1024
const BUFFER_BYTES = 64 * 1024

/** The responses that are to be handed over next. */
export class Outbox {
  readonly #native: Pick<NativeServer, 'respond'>
  /** How text is written. */
  readonly #encoding: 'utf8' | 'latin1'
  #words = new Int32Array(WORDS)
  #used = 0
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  /** Whose run the last one is, the number it would go on with, and where its header stands. */
  #whom: Whom | undefined
  #next = 0
  #run = 0
  /** All text, while there is nothing else. */
  #text = ''
  /** One for each response, once there are bytes among them. */
  #parts: Bytes[] | undefined
  #partsLength = 0

  constructor(native: Pick<NativeServer, 'respond'>, encoding: Encoding) {
    this.#native = native
    this.#encoding = encoding === 'latin1' ? 'latin1' : 'utf8'
  }

  /**
   * A response that is text of the encoding, without the suffix. This is done for every request:
   * what can be done once for a run or for all is done then.
   */
  respond(whom: Whom, number: number, response: string): void {
    if (whom !== this.#whom || number !== this.#next || this.#used === this.#words.length) {
      this.#begin(whom, number)
    }
    this.#next = number + 1
    this.#words[this.#used++] = response.length
    if (this.#parts === undefined) {
      this.#text += response
      if (this.#text.length > TEXT_MAX) this.flush()
    } else this.#addPart(response)
  }

  /** A response that is bytes. */
  respondBytes(whom: Whom, number: number, response: Uint8Array): void {
    this.#parts ??= this.#cutText()
    this.#push(whom, number, response.length)
    this.#addPart(response)
  }

  /** The connection ends instead, for this reason. */
  close(whom: Whom, number: number, reason: number): void {
    this.#push(whom, number, -1 - reason)
  }

  /** Hands over what there is. */
  flush(): void {
    if (this.#used === 0) return
    const text = this.#parts === undefined ? this.#writeText() : this.#writeParts(this.#parts)
    this.#native.respond(this.#words, this.#used, text)
    this.#used = 0
    this.#whom = undefined
    this.#text = ''
    this.#parts = undefined
    this.#partsLength = 0
  }

  #push(whom: Whom, number: number, word: number): void {
    if (whom !== this.#whom || number !== this.#next || this.#used === this.#words.length) {
      this.#begin(whom, number)
    }
    this.#next = number + 1
    this.#words[this.#used++] = word
  }

  #addPart(part: Bytes): void {
    this.#parts?.push(part)
    this.#partsLength += part.length
    if (this.#partsLength > TEXT_MAX) this.flush()
  }

  /** Begins a run. The header of the last one is completed. */
  #begin(whom: Whom, number: number): void {
    this.#endRun()
    if (this.#used + HEADER_WORDS >= this.#words.length) {
      const words = new Int32Array(2 * this.#words.length)
      words.set(this.#words)
      this.#words = words
    }
    const words = this.#words
    const run = this.#used
    words[run] = whom.loop
    words[run + 1] = whom.slot
    words[run + 2] = whom.generation
    words[run + 3] = number
    this.#whom = whom
    this.#run = run
    this.#used = run + HEADER_WORDS
  }

  #endRun(): void {
    if (this.#whom === undefined) return
    this.#words[this.#run + RUN_COUNT] = this.#used - this.#run - HEADER_WORDS
  }

  #writeText(): Buffer {
    const text = this.#text
    const buffer = this.#bufferFor(3 * text.length)
    const bytes = buffer.write(text, this.#encoding)
    if (bytes !== text.length) return this.#writeParts(this.#cutText())
    this.#eachRun(() => {})
    return buffer.subarray(0, bytes)
  }

  /** Measures what is longer in bytes than in characters, and corrects the words. */
  #writeParts(parts: readonly Bytes[]): Buffer {
    const written = parts.map(part => {
      return typeof part === 'string' ? Buffer.from(part, this.#encoding) : part
    })
    let next = 0
    this.#eachRun(word => {
      this.#words[word] = (written[next++] as Uint8Array).length
    })
    return Buffer.concat(written)
  }

  /** The text, cut into its responses. */
  #cutText(): Bytes[] {
    const parts: Bytes[] = []
    let at = 0
    this.#eachRun(word => {
      const end = at + (this.#words[word] as number)
      parts.push(this.#text.slice(at, end))
      at = end
    })
    this.#partsLength = at
    return parts
  }

  /** Visits the word of every response that is none to close, and adds up those of each run. */
  #eachRun(visit: (word: number) => void): void {
    this.#endRun()
    const words = this.#words
    for (let run = 0; run < this.#used; ) {
      const end = run + HEADER_WORDS + (words[run + RUN_COUNT] as number)
      let bytes = 0
      for (let word = run + HEADER_WORDS; word < end; word++) {
        if ((words[word] as number) < 0) continue
        visit(word)
        bytes += words[word] as number
      }
      words[run + RUN_BYTES] = bytes
      run = end
    }
  }

  #bufferFor(bytes: number): Buffer {
    return bytes <= BUFFER_BYTES ? this.#buffer : Buffer.allocUnsafeSlow(bytes)
  }
}
