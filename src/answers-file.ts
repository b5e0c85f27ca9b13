/**
 * Reads an answer table from a JSON file.
 *
 * The file is one object: each key a request, each value its answer, as text or as
 * `{ "answer": text, "close": true }`. What a key and an answer may hold is for the server to say.
 */

import { isUtf8 } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { LancelotError } from './errors.ts'
import { findJsonFault, positionOf } from './json-fault.ts'
import type { Answer, AnswerTable } from './types.ts'

const ADVICE = 'it should be one JSON object of requests and their answers'
const BYTE_ORDER_MARK = '\uFEFF'

/**
 * Reads an answer table.
 *
 * Rejects with `ERR_LANCELOT_ANSWERS_FILE`, whose message names the path, and the line and column
 * of a fault or the key of an answer that is none. A byte order mark at the start is skipped.
 */
export async function readAnswers(path: string): Promise<AnswerTable> {
  const bytes = await read(path)
  if (!isUtf8(bytes)) throw notUtf8(path, bytes)
  const text = bytes.toString('utf8')
  const table: unknown = parse(path, text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text)
  if (!isObject(table)) throw fault(path, `it holds ${kind(table)}; ${ADVICE}`)
  for (const [key, answer] of Object.entries(table)) {
    const complaint = answerFault(answer)
    if (complaint) throw fault(path, `the answer to ${JSON.stringify(key)} ${complaint}`)
  }
  return table as Record<string, Answer>
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'there is no such file' : message
    throw fault(path, `${why}; name a file that can be read`, cause)
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const index = findJsonFault(text)
    const { line, column } = positionOf(text, index)
    const found = index < text.length ? JSON.stringify(text[index]) : 'the end of the file'
    const where = `line ${line}, column ${column}`
    throw fault(path, `${where}: ${found} cannot stand here; ${ADVICE}`, cause)
  }
}

/** Names the place of the first byte that is not UTF-8: no line is cut by the cut at newlines. */
function notUtf8(path: string, bytes: Buffer): LancelotError {
  let start = 0
  for (let line = 1; ; line += 1) {
    const newline = bytes.indexOf('\n', start)
    const end = newline < 0 ? bytes.length : newline
    if (newline < 0 || !isUtf8(bytes.subarray(start, end))) {
      const column = bytes.toString('utf8', start, end).indexOf('\uFFFD') + 1
      return fault(
        path,
        `line ${line}, column ${column}: this is not UTF-8; save the file as UTF-8`,
      )
    }
    start = end + 1
  }
}

/** What is wrong with an answer, if anything is. */
function answerFault(answer: unknown): string | undefined {
  const allowed = 'allowed is text or { "answer": text, "close": true or false }'
  if (typeof answer === 'string') return undefined
  if (!isObject(answer)) return `is ${kind(answer)}; ${allowed}`
  const other = Object.keys(answer).find(name => name !== 'answer' && name !== 'close')
  if (other !== undefined) return `has a field ${JSON.stringify(other)}; ${allowed}`
  if (typeof answer.answer !== 'string') return `has no text as its "answer"; ${allowed}`
  const isMarked = answer.close === undefined || typeof answer.close === 'boolean'
  return isMarked ? undefined : `has ${kind(answer.close)} as its "close"; ${allowed}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value as a message shows it. */
function kind(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return isObject(value) ? 'an object' : `a ${typeof value}`
}

function fault(path: string, complaint: string, cause?: unknown): LancelotError {
  const message = `the answers file ${path} cannot be used: ${complaint}`
  return new LancelotError('ERR_LANCELOT_ANSWERS_FILE', message, { cause })
}
