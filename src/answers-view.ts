/**
 * `server.answers`: the answer table of a running server, as a Map of text.
 *
 * Translates only. What is stored, and by which rules, is the architecture's `AnswerStore`.
 */

import { isUtf8 } from 'node:buffer'
import type { AnswerStore, StoredAnswer } from './protocol/answers.ts'
import type { Answer, AnswerTable, Bytes } from './types.ts'

/** Text where the bytes are valid UTF-8, the bytes otherwise. */
export type TextOrBytes = string | Buffer

/** An answer as it is read back. */
export type ReadAnswer = TextOrBytes | { answer: TextOrBytes; close: true }

/**
 * The answers of a running server. A change holds for every request that is taken after it.
 *
 * Works as a Map, but that a key may be written with or without its delimiter and is read back
 * without, and that the order of keys is not promised.
 */
export class Answers implements Iterable<[TextOrBytes, ReadAnswer]> {
  readonly #store: AnswerStore

  constructor(store: AnswerStore) {
    this.#store = store
  }

  /** How many answers there are. */
  get size(): number {
    return this.#store.size
  }

  /** The answer to a request, without the suffix. */
  get(key: Bytes): ReadAnswer | undefined {
    const stored = this.#store.get(key)
    return stored === undefined ? undefined : readAnswer(stored)
  }

  /** Whether a request has an answer. */
  has(key: Bytes): boolean {
    return this.#store.get(key) !== undefined
  }

  /**
   * Sets the answer to a request. Throws `ERR_LANCELOT_ANSWER_KEY` for a key that can never match,
   * `ERR_LANCELOT_ANSWER_VALUE` for what is no answer or too long.
   */
  set(key: Bytes, answer: Answer): this {
    this.#store.set(key, answer)
    return this
  }

  /** Removes an answer. Whether there was one. */
  delete(key: Bytes): boolean {
    return this.#store.delete(key)
  }

  /** Removes all answers. */
  clear(): void {
    this.#store.replace([])
  }

  /** Replaces the whole table at once. Throws as `set` does, having changed nothing. */
  replace(table: AnswerTable): this {
    this.#store.replace(table)
    return this
  }

  *entries(): Generator<[TextOrBytes, ReadAnswer], undefined> {
    for (const [key, stored] of this.#store.entries()) yield [read(key), readAnswer(stored)]
  }

  *keys(): Generator<TextOrBytes, undefined> {
    for (const [key] of this.#store.entries()) yield read(key)
  }

  *values(): Generator<ReadAnswer, undefined> {
    for (const [, stored] of this.#store.entries()) yield readAnswer(stored)
  }

  forEach(callback: (answer: ReadAnswer, key: TextOrBytes, answers: this) => void): void {
    for (const [key, answer] of this.entries()) callback(answer, key, this)
  }

  [Symbol.iterator](): Generator<[TextOrBytes, ReadAnswer], undefined> {
    return this.entries()
  }
}

function readAnswer({ bytes, close }: StoredAnswer): ReadAnswer {
  return close ? { answer: read(bytes), close } : read(bytes)
}

/** Bytes that are read are copied: a change to them must not reach the table. */
function read(bytes: Uint8Array): TextOrBytes {
  const copy = Buffer.from(bytes)
  return isUtf8(copy) ? copy.toString() : copy
}
