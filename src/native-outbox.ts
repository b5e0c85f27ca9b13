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
  #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  #used = 0
  /** Where the header of the last run is, and the number it would go on with; -1: there is none. */
  #run = -1
  #next = 0
  /** All text, while there is nothing else. */
  #text = ''
  /** One for each response, from the first that is bytes on. */
  #parts: Bytes[] | undefined
  #length = 0

  constructor(native: Pick<NativeServer, 'respond'>, encoding: Encoding) {
    this.#native = native
    this.#encoding = encoding === 'latin1' ? 'latin1' : 'utf8'
  }

  /** A response, without the suffix. Text must be of the encoding. */
  respond(whom: Whom, number: number, response: Bytes): void {
    const { length } = response
    if (typeof response !== 'string') this.#parts ??= this.#cutText()
    this.#push(whom, number, length)
    this.#words[this.#run + RUN_BYTES] = (this.#words[this.#run + RUN_BYTES] as number) + length
    if (this.#parts === undefined) this.#text += response as string
    else this.#parts.push(response)
    this.#length += length
    if (this.#length > TEXT_MAX) this.flush()
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
    this.#run = -1
    this.#text = ''
    this.#parts = undefined
    this.#length = 0
  }

  #push(whom: Whom, number: number, word: number): void {
    if (this.#used + HEADER_WORDS >= this.#words.length) {
      const words = new Int32Array(2 * this.#words.length)
      words.set(this.#words)
      this.#words = words
    }
    const words = this.#words
    const run = this.#run
    if (
      run < 0 ||
      number !== this.#next ||
      words[run + 1] !== whom.slot ||
      words[run + 2] !== (whom.generation | 0) ||
      words[run] !== whom.loop
    ) {
      this.#begin(whom, number)
    }
    words[this.#run + RUN_COUNT] = (words[this.#run + RUN_COUNT] as number) + 1
    words[this.#used] = word
    this.#used += 1
    this.#next = number + 1
  }

  #begin({ loop, slot, generation }: Whom, number: number): void {
    const words = this.#words
    const at = this.#used
    words[at] = loop
    words[at + 1] = slot
    words[at + 2] = generation
    words[at + 3] = number
    words[at + RUN_COUNT] = 0
    words[at + RUN_BYTES] = 0
    this.#run = at
    this.#used = at + HEADER_WORDS
  }

  #writeText(): Buffer {
    const text = this.#text
    const buffer = this.#bufferFor(3 * text.length)
    const bytes = buffer.write(text, this.#encoding)
    return bytes === text.length ? buffer.subarray(0, bytes) : this.#writeParts(this.#cutText())
  }

  /** Measures what is longer in bytes than in characters, and corrects the words. */
  #writeParts(parts: readonly Bytes[]): Buffer {
    const written = parts.map(part => {
      return typeof part === 'string' ? Buffer.from(part, this.#encoding) : part
    })
    let next = 0
    this.#eachRun((run, word) => {
      const words = this.#words
      const length = (written[next++] as Uint8Array).length
      words[run + RUN_BYTES] = (words[run + RUN_BYTES] as number) + length - (words[word] as number)
      words[word] = length
    })
    return Buffer.concat(written)
  }

  /** The text, cut into its responses. */
  #cutText(): Bytes[] {
    const parts: Bytes[] = []
    let at = 0
    this.#eachRun((_, word) => {
      const end = at + (this.#words[word] as number)
      parts.push(this.#text.slice(at, end))
      at = end
    })
    return parts
  }

  /** Every response that is none to close: its run, and its word. */
  #eachRun(visit: (run: number, word: number) => void): void {
    for (let run = 0; run < this.#used; ) {
      const end = run + HEADER_WORDS + (this.#words[run + RUN_COUNT] as number)
      for (let word = run + HEADER_WORDS; word < end; word++) {
        if ((this.#words[word] as number) >= 0) visit(run, word)
      }
      run = end
    }
  }

  #bufferFor(bytes: number): Buffer {
    if (bytes <= BUFFER_BYTES) return this.#buffer
    return Buffer.allocUnsafeSlow(bytes)
  }
}
