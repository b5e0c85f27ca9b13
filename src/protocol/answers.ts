/**
 * The answer table: which answer belongs to a request, and what a table may hold.
 *
 * `AnswerMap` is the JavaScript engine's; the native engine keeps its own behind `AnswerStore`.
 * Both take keys and answers by the rules written here, and word their errors here.
 */

import { LancelotError } from '../errors.ts'
import { describe, isBytes, parseTable } from '../option-table.ts'
import type { ServerSettings } from '../options.ts'
import type { Answer, AnswerTable, Bytes } from '../types.ts'

/** An answer as it is kept: without the suffix. */
export interface StoredAnswer {
  readonly bytes: Uint8Array
  /** Whether the connection ends after it. */
  readonly close: boolean
}

/** A table of answers that may change while the server runs. */
export interface AnswerStore {
  readonly size: number
  /** By key, with or without its delimiter. A key that can never match is simply not there. */
  get(key: Bytes): StoredAnswer | undefined
  /** Throws `ERR_LANCELOT_ANSWER_KEY` or `ERR_LANCELOT_ANSWER_VALUE`. */
  set(key: Bytes, answer: Answer): void
  /** Whether there was one. */
  delete(key: Bytes): boolean
  /** All of it or, if anything in it is wrong, nothing. */
  replace(entries: AnswerTable): void
  /** Keys come without their delimiter, in no promised order. */
  entries(): Iterable<readonly [Uint8Array, StoredAnswer]>
}

/** An answer of the JavaScript engine. */
export interface TableAnswer extends StoredAnswer {
  readonly bytes: Buffer
  /** What is sent: the answer and the suffix. Never changed. */
  readonly wire: Buffer
}

/** The settings that decide what a table may hold. */
export type AnswerSettings = Pick<
  ServerSettings,
  'delimiter' | 'requestBytesMax' | 'answerBytesMax' | 'answerSuffix'
>

/** Why a key can never match a request. */
export type KeyFault = 'holds-delimiter' | 'too-long'

/** The table of the JavaScript engine. Invariant: every key is canonical, as latin1 text. */
export class AnswerMap implements AnswerStore {
  readonly #settings: AnswerSettings
  #table = new Map<string, TableAnswer>()

  constructor(settings: AnswerSettings, entries: AnswerTable = []) {
    this.#settings = settings
    this.replace(entries)
  }

  get size(): number {
    return this.#table.size
  }

  /** Looks up a request by its bytes as latin1 text, which loses nothing. */
  find(request: string): TableAnswer | undefined {
    return this.#table.get(request)
  }

  get(key: Bytes): TableAnswer | undefined {
    const canonical = this.#canonical(key)
    return Buffer.isBuffer(canonical) ? this.#table.get(canonical.toString('latin1')) : undefined
  }

  set(key: Bytes, answer: Answer): void {
    const [text, stored] = this.#parse(key, answer)
    this.#table.set(text, stored)
  }

  delete(key: Bytes): boolean {
    const canonical = this.#canonical(key)
    return Buffer.isBuffer(canonical) && this.#table.delete(canonical.toString('latin1'))
  }

  replace(entries: AnswerTable): void {
    const table = new Map<string, TableAnswer>()
    for (const [key, answer] of tablePairs(entries)) {
      const [text, stored] = this.#parse(key, answer)
      table.set(text, stored)
    }
    this.#table = table
  }

  *entries(): Generator<readonly [Buffer, TableAnswer]> {
    for (const [text, stored] of this.#table) yield [Buffer.from(text, 'latin1'), stored]
  }

  #canonical(key: Bytes): Buffer | KeyFault {
    return canonicalKey(key, this.#settings.delimiter, this.#settings.requestBytesMax)
  }

  #parse(key: Bytes, answer: unknown): [string, TableAnswer] {
    const { answerBytesMax, answerSuffix } = this.#settings
    const canonical = this.#canonical(key)
    if (!Buffer.isBuffer(canonical)) throw answerKeyError(key, canonical)
    const { bytes, close } = parseAnswer(answer, answerBytesMax, key)
    const wire = Buffer.concat([bytes, answerSuffix])
    return [canonical.toString('latin1'), { bytes: wire.subarray(0, bytes.length), close, wire }]
  }
}

/** A key without its trailing delimiter, or why it can never match. Throws where it is no bytes. */
export function canonicalKey(
  key: Bytes,
  delimiter: Buffer,
  requestBytesMax: number,
): Buffer | KeyFault {
  if (!isBytes(key)) {
    const message = `the key ${describe(key)} in answers is neither text nor bytes`
    throw new LancelotError('ERR_LANCELOT_ANSWER_KEY', message, { option: 'answers' })
  }
  const bytes = toBuffer(key)
  const isEnded = endsWith(bytes, delimiter)
  const canonical = isEnded ? bytes.subarray(0, bytes.length - delimiter.length) : bytes
  // A delimiter may also begin inside the key and end in the one that follows it on the wire.
  const onTheWire = isEnded ? bytes : Buffer.concat([bytes, delimiter])
  if (onTheWire.indexOf(delimiter) !== canonical.length) return 'holds-delimiter'
  return canonical.length > requestBytesMax ? 'too-long' : canonical
}

/** The error for a key that can never match a request. */
export function answerKeyError(key: Bytes, why: KeyFault): LancelotError {
  const fault =
    why === 'too-long'
      ? 'is longer than requestBytesMax: shorten it, or raise requestBytesMax'
      : 'holds the delimiter before its end: take it out, or choose another delimiter'
  const message = `the key ${show(key)} in answers can never match a request: it ${fault}`
  return new LancelotError('ERR_LANCELOT_ANSWER_KEY', message, { option: 'answers' })
}

/** Checks an answer: text, bytes, or `{ answer, close }`. Throws `ERR_LANCELOT_ANSWER_VALUE`. */
export function parseAnswer(answer: unknown, answerBytesMax: number, key: Bytes): StoredAnswer {
  const { content, close } = isBytes(answer) ? { content: answer, close: false } : unwrap(answer)
  if (!isBytes(content) || typeof close !== 'boolean') {
    throw answerError(key, `is ${describe(answer)}; allowed is text, bytes or { answer, close }`)
  }
  const bytes = toBuffer(content)
  if (bytes.length > answerBytesMax) {
    const allowed = `allowed is answerBytesMax (${answerBytesMax})`
    throw answerError(key, `is ${bytes.length} bytes long; ${allowed}`)
  }
  return { bytes, close }
}

/** The pairs of a table, whichever way it was written. Throws where something in it is no pair. */
export function* tablePairs(table: AnswerTable): Generator<readonly [Bytes, Answer]> {
  if (!(Symbol.iterator in parseTable(table, 'answers'))) {
    yield* Object.entries(table)
    return
  }
  for (const pair of table as Iterable<unknown>) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      const message = `option answers holds ${describe(pair)}; allowed are pairs [key, answer]`
      throw new LancelotError('ERR_LANCELOT_OPTION_TYPE', message, { option: 'answers' })
    }
    yield pair as [Bytes, Answer]
  }
}

function unwrap(answer: unknown): { content: unknown; close: unknown } {
  if (typeof answer !== 'object' || answer === null) return { content: undefined, close: false }
  const { answer: content, close = false, ...others } = answer as Record<string, unknown>
  return { content: Object.keys(others).length === 0 ? content : undefined, close }
}

function answerError(key: Bytes, fault: string): LancelotError {
  const message = `the answer to ${show(key)} ${fault}`
  return new LancelotError('ERR_LANCELOT_ANSWER_VALUE', message, { option: 'answers' })
}

function show(key: Bytes): string {
  return describe(typeof key === 'string' ? key : toBuffer(key).toString('latin1'))
}

function toBuffer(bytes: Bytes): Buffer {
  if (typeof bytes === 'string') return Buffer.from(bytes)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function endsWith(bytes: Buffer, ending: Buffer): boolean {
  return bytes.length >= ending.length && bytes.subarray(-ending.length).equals(ending)
}
