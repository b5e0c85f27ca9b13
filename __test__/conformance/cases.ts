/**
 * The cases of `__test__/vectors/`, loaded and checked.
 *
 * The README there is the format. Whatever it does not name is an error here, so that a slip of the
 * pen in a case cannot make the case pass.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { CLOSE_CODES, type CloseCode, ERROR_CODES, type ErrorCode } from '../../src/errors.ts'
import type { Answer, AnswerTable, ServerOptions, Stats } from '../../src/types.ts'

/** What the handler of a case does with one request. */
export type Behaviour =
  | { answer: string }
  | { later: string }
  | 'close'
  | 'close-later'
  | 'throw'
  | 'reject'
  | 'throw-later'
  | 'nonsense'
  | 'never'

/** What happens next: an object with exactly one of these. */
export interface Step {
  send?: string
  expect?: string
  asked?: string
  release?: string
  wait?: number
  finish?: true
  reset?: true
  stop?: number
  end?: true
  take?: number
  reading?: boolean
  state?: 'open' | 'draining' | 'lingering' | 'closed'
}

/** A case whose server does not start. */
export interface RefusedCase {
  title: string
  cores: boolean
  options: Record<string, unknown>
  refused: ErrorCode
}

/** A case with a conversation. */
export interface TalkCase {
  title: string
  cores: boolean
  options: Record<string, unknown>
  handler: ReadonlyMap<string, Behaviour> | undefined
  steps: readonly Step[]
  out: string
  code: CloseCode
  requests: number | undefined
  stats: Partial<Stats>
}

export type Case = RefusedCase | TalkCase

/** The bytes that a case's text stands for. */
export function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/** The text that stands for these bytes. */
export function text(from: Uint8Array): string {
  return Buffer.from(from).toString('latin1')
}

/** All cases, in the order of their files. */
export function loadCases(): Case[] {
  const folder = new URL('../vectors/', import.meta.url)
  const names = readdirSync(folder).filter(name => name.endsWith('.json'))
  const cases = names.sort().flatMap(name => {
    const list: unknown = JSON.parse(readFileSync(new URL(name, folder), 'utf8'))
    if (!Array.isArray(list)) throw new Error(`${name} is not a list`)
    return list.map((value, index) => parseCase(value, `${name}[${index}]`))
  })
  const titles = new Set<string>()
  for (const { title } of cases) {
    if (titles.has(title)) throw new Error(`two cases are called "${title}"`)
    titles.add(title)
  }
  return cases
}

/** The server options of a case, its handler not among them. */
export function serverOptions(from: Case): ServerOptions {
  const options: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(from.options)) {
    if (name === 'answers') options[name] = answerTable(value)
    else options[name] = typeof value === 'string' ? bytes(value) : value
  }
  return options
}

const TALK_FIELDS = ['steps', 'out', 'code', 'requests', 'stats', 'handler']
const COMMON_FIELDS = ['name', 'rule', 'cores', 'options']
const CORE_STEPS = ['take', 'reading', 'state']
const STEP_TYPES: Record<keyof Step, string> = {
  send: 'string',
  expect: 'string',
  asked: 'string',
  release: 'string',
  wait: 'number',
  finish: 'boolean',
  reset: 'boolean',
  stop: 'number',
  end: 'boolean',
  take: 'number',
  reading: 'boolean',
  state: 'string',
}
const WORDS = ['close', 'close-later', 'throw', 'reject', 'throw-later', 'nonsense', 'never']

/** Checks that a case is one of its file's format. `where` names it in errors. */
export function parseCase(value: unknown, where: string): Case {
  const fields = record(value, where)
  const wanted = 'refused' in fields ? ['refused'] : TALK_FIELDS
  for (const name of Object.keys(fields)) {
    const isKnown = COMMON_FIELDS.includes(name) || wanted.includes(name)
    check(isKnown, where, `has a field "${name}" that the format does not know`)
  }
  const { name, rule, cores = false, options } = fields
  check(typeof name === 'string' && name !== '', where, 'has no name')
  check(/^P([1-9]|10)$/.test(String(rule)), where, 'has no rule P1 to P10')
  check(typeof cores === 'boolean', where, 'has a "cores" that is neither true nor absent')
  const common = { title: `${rule}: ${name}`, cores, options: record(options, where) }
  if ('refused' in fields) {
    const refused = fields.refused as ErrorCode
    check(refused in ERROR_CODES, where, `is refused with an unknown code "${refused}"`)
    return { ...common, refused }
  }
  return { ...common, ...parseTalk(fields, cores, where) }
}

type Talk = Omit<TalkCase, 'title' | 'cores' | 'options'>

function parseTalk(fields: Record<string, unknown>, cores: boolean, where: string): Talk {
  const { steps, out, requests, stats = {} } = fields
  const code = fields.code as CloseCode
  check(Array.isArray(steps), where, 'has no list of steps')
  check(isText(out), where, 'has no "out" made of bytes')
  check(CLOSE_CODES.includes(code), where, `ends with an unknown code "${code}"`)
  const isCount = requests === undefined || Number.isSafeInteger(requests)
  check(isCount, where, 'has "requests" that is no number')
  for (const step of steps) checkStep(step, cores, where)
  return {
    handler: fields.handler === undefined ? undefined : parseHandler(fields.handler, where),
    steps,
    out,
    code,
    requests: requests as number | undefined,
    stats: record(stats, where) as Partial<Stats>,
  }
}

function checkStep(step: unknown, cores: boolean, where: string): void {
  const entries = Object.entries(record(step, where))
  const [name, value] = entries[0] ?? ['', undefined]
  check(entries.length === 1, where, `has a step of ${entries.length} fields`)
  const wanted = STEP_TYPES[name as keyof Step]
  check(wanted !== undefined, where, `has an unknown step "${name}"`)
  check(typeof value === wanted, where, `has a step "${name}" that is not a ${wanted}`)
  if (wanted === 'string') check(isText(value), where, `has a step "${name}" not made of bytes`)
  check(cores || !CORE_STEPS.includes(name), where, `has a step "${name}" without "cores"`)
  const isShort = cores || name !== 'wait' || Number(value) <= 150
  check(isShort, where, 'waits longer than 150 ms in real time')
}

function parseHandler(value: unknown, where: string): ReadonlyMap<string, Behaviour> {
  const behaviours = new Map<string, Behaviour>()
  for (const [request, how] of Object.entries(record(value, where))) {
    const isWord = typeof how === 'string' && WORDS.includes(how)
    const [name, text] = typeof how === 'object' && how ? (Object.entries(how)[0] ?? []) : []
    const isAnswer = (name === 'answer' || name === 'later') && isText(text)
    check(isWord || isAnswer, where, `has a handler that does something unknown on "${request}"`)
    behaviours.set(bytes(request).toString('utf8'), how as Behaviour)
  }
  return behaviours
}

function answerTable(value: unknown): AnswerTable {
  if (!Array.isArray(value)) throw new Error('the answers of a case are a list')
  return value.map(([key, answer, close]: string[]): [Uint8Array, Answer] => {
    const answerBytes = bytes(answer ?? '')
    const isMarked = close === 'close'
    return [bytes(key ?? ''), isMarked ? { answer: answerBytes, close: true } : answerBytes]
  })
}

function isText(value: unknown): value is string {
  if (typeof value !== 'string') return false
  return [...value].every(character => character.charCodeAt(0) <= 0xff)
}

function record(value: unknown, where: string): Record<string, unknown> {
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value)
  check(isRecord, where, 'has something else where an object belongs')
  return value as Record<string, unknown>
}

function check(condition: boolean, where: string, complaint: string): asserts condition {
  if (!condition) throw new Error(`${where} ${complaint}; see vectors/README.md`)
}
