/**
 * The answers of a crew: the leader keeps the table, and its members copies of it.
 *
 * A change is read back here at once. It crosses to every member in a message of its own, which
 * leaves at once too: what a member reads after that came is answered by it.
 */

import type { AnswerMap, AnswerStore, TableAnswer } from '../protocol/answers.ts'
import type { Answer, AnswerTable, Bytes } from '../types.ts'
import { type Change, type PackedAnswer, pack } from './messages.ts'

/** The table of a leader. */
export class CrewAnswers implements AnswerStore {
  readonly #table: AnswerMap
  readonly #tellAll: (change: Change) => void

  constructor(table: AnswerMap, tellAll: (change: Change) => void) {
    this.#table = table
    this.#tellAll = tellAll
  }

  get size(): number {
    return this.#table.size
  }

  get(key: Bytes): TableAnswer | undefined {
    return this.#table.get(key)
  }

  set(key: Bytes, answer: Answer): void {
    this.#table.set(key, answer)
    const { bytes, close } = this.#table.get(key) as TableAnswer
    this.#tellAll(['set', [this.#pack(key), pack(bytes), close]])
  }

  delete(key: Bytes): boolean {
    const isThere = this.#table.delete(key)
    if (isThere) this.#tellAll(['delete', this.#pack(key)])
    return isThere
  }

  replace(entries: AnswerTable): void {
    this.#table.replace(entries)
    this.#tellAll(['replace', this.packed()])
  }

  entries(): Iterable<readonly [Buffer, TableAnswer]> {
    return this.#table.entries()
  }

  /** All of it, as it crosses. */
  packed(): PackedAnswer[] {
    return Array.from(this.#table.entries(), ([key, { bytes, close }]) => {
      return [pack(key), pack(bytes), close]
    })
  }

  /** As it was written: with or without its delimiter, the member takes it alike. */
  #pack(key: Bytes): string {
    return pack(typeof key === 'string' ? Buffer.from(key) : key)
  }
}
