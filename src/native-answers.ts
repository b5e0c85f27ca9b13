/**
 * The answer table of a native server: JavaScript's values on this side, the engine's table beyond.
 *
 * Holds no answers itself. What a key or an answer may be is said by `protocol/answers.ts` and by
 * the engine, which agree; errors are worded here alone.
 */

import type { EntryFault, NativeServer } from './native.ts'
import {
  type AnswerStore,
  answerKeyError,
  parseAnswer,
  type StoredAnswer,
  tablePairs,
} from './protocol/answers.ts'
import type { Answer, AnswerTable, Bytes } from './types.ts'

/** The table of one native server. */
export class NativeAnswers implements AnswerStore {
  readonly #native: NativeServer
  readonly #answerBytesMax: number

  constructor(native: NativeServer, answerBytesMax: number) {
    this.#native = native
    this.#answerBytesMax = answerBytesMax
  }

  get size(): number {
    return this.#native.answerCount()
  }

  get(key: Bytes): StoredAnswer | undefined {
    return this.#native.findAnswer(toBytes(key)) ?? undefined
  }

  set(key: Bytes, answer: Answer): void {
    const { bytes, close } = parseAnswer(answer, this.#answerBytesMax, key)
    refuse(this.#native.setAnswer(toBytes(key), bytes, close), () => key)
  }

  delete(key: Bytes): boolean {
    return this.#native.deleteAnswer(toBytes(key))
  }

  replace(entries: AnswerTable): void {
    const packer = new Packer()
    for (const [key, answer] of tablePairs(entries)) {
      packer.add(key, parseAnswer(answer, this.#answerBytesMax, key))
    }
    const fault = this.#native.replaceAnswers(packer.words, packer.bytes)
    refuse(fault, entry => packer.key(entry))
  }

  *entries(): Generator<readonly [Uint8Array, StoredAnswer]> {
    const { words, bytes } = this.#native.allAnswers()
    let at = 0
    for (let word = 0; word < words.length; word += 3) {
      const answerAt = at + (words[word] as number)
      const end = answerAt + (words[word + 1] as number)
      const close = words[word + 2] !== 0
      yield [bytes.subarray(at, answerAt), { bytes: bytes.subarray(answerAt, end), close }]
      at = end
    }
  }
}

/** Joins a table into two buffers, so that a million entries cross the border at once. */
class Packer {
  #words = new Uint32Array(3 * 64)
  #bytes = Buffer.allocUnsafe(8192)
  #entries = 0
  #used = 0

  get words(): Uint32Array {
    return this.#words.subarray(0, 3 * this.#entries)
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#used)
  }

  add(key: Bytes, answer: StoredAnswer): void {
    const word = 3 * this.#entries
    if (word === this.#words.length) {
      const words = new Uint32Array(2 * word)
      words.set(this.#words)
      this.#words = words
    }
    this.#words[word] = this.#append(key)
    this.#words[word + 1] = this.#append(answer.bytes)
    this.#words[word + 2] = answer.close ? 1 : 0
    this.#entries += 1
  }

  /** The key of an entry, for an error. */
  key(entry: number): Buffer {
    let at = 0
    for (let word = 0; word < 3 * entry; word += 3) {
      at += (this.#words[word] as number) + (this.#words[word + 1] as number)
    }
    return this.#bytes.subarray(at, at + (this.#words[3 * entry] as number))
  }

  #append(bytes: Bytes): number {
    const most = typeof bytes === 'string' ? 3 * bytes.length : bytes.length
    if (this.#used + most > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#used + most))
      this.#bytes.copy(grown, 0, 0, this.#used)
      this.#bytes = grown
    }
    if (typeof bytes !== 'string') this.#bytes.set(bytes, this.#used)
    const length =
      typeof bytes === 'string' ? this.#bytes.write(bytes, this.#used, 'utf8') : bytes.length
    this.#used += length
    return length
  }
}

function toBytes(key: Bytes): Uint8Array {
  return typeof key === 'string' ? Buffer.from(key) : key
}

/** Throws what the engine found wrong. Too long an answer was refused before it came there. */
function refuse(fault: EntryFault | null, keyOf: (entry: number) => Bytes): void {
  if (fault !== null && fault.why !== 'answer-too-long') {
    throw answerKeyError(keyOf(fault.entry), fault.why)
  }
}
