/**
 * Who is compared: architectures of this package, and any other program that answers over TCP.
 *
 * Says what a contestant is and how one is described in words or in a file; starts nothing.
 */

import { accessSync, constants } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, delimiter as pathDelimiter } from 'node:path'
import { LancelotError } from '../errors.ts'
import { splitWords } from './command-words.ts'
import type { ContestantRecord } from './run-file.ts'

const PORT_WORD = '{port}'
const NAME = /^[\w.+-]+$/
const BYTES = /^[\0-\xff]+$/
const ENTRY =
  `a name of letters, digits and .+-_, a command (words, ${PORT_WORD} in one of them), and as it ` +
  'needs them: summary and needs (texts), build (words), exchanges (pairs of texts), unknown ' +
  '(such a pair, or null)'

/** What is asked and what must come, both as bytes in latin1. */
export type Exchange = readonly [request: string, response: string]

/** The questions of the Launcelot protocol, and what must come. */
export const LANCELOT_EXCHANGES: readonly Exchange[] = [
  ['What is your name?', 'My name is Sir Lancelot of Camelot.'],
  ['What is your quest?', 'To seek the Holy Grail.'],
  ['What is your favorite color?', 'Blue.'],
]

/** What is not known in the Launcelot protocol, and what must come. */
export const LANCELOT_UNKNOWN: Exchange = [
  'What is the airspeed velocity?',
  'Error: unknown question.',
]

/** One design that is compared. */
export interface Contestant {
  name: string
  kind: ContestantRecord['kind']
  /** What is started; `{port}` stands for the port. */
  command: readonly string[]
  /** The same for people, without the paths of this machine. */
  shown: readonly string[]
  summary: string
  exchanges: readonly Exchange[]
  /** Null where the protocol of the contestant has no such rule. */
  unknown: Exchange | null
  /** What must be run once before the command. */
  build?: readonly string[]
}

/** Contestants of a file, and those that cannot run here, each with the reason. */
export interface ContestantsOfFile {
  contestants: Contestant[]
  leftOut: { name: string; reason: string }[]
}

/** An architecture of this package, which this package's own program serves. */
export function architectureContestant(name: string, summary: string): Contestant {
  const words = ['serve', '--architecture', name, '--protocol', 'lancelot']
  const rest = ['--port', PORT_WORD, '--quiet']
  return {
    name,
    kind: 'architecture',
    command: [...ownProgram('../cli/main'), ...words, ...rest],
    shown: ['lancelot', ...words, ...rest],
    summary,
    exchanges: LANCELOT_EXCHANGES,
    unknown: LANCELOT_UNKNOWN,
  }
}

/** A contestant from `name=command {port}`. Throws ERR_LANCELOT_OPTION_RANGE. */
export function commandContestant(text: string): Contestant {
  const [, name, command] = /^([^=]*)=(.+)$/s.exec(text) ?? []
  if (!isName(name) || command === undefined) {
    throw wrongCommand(text, "expected 'name=command {port}', the name of letters, digits and .+-_")
  }
  const words = splitWords(command)
  if (words === undefined) throw wrongCommand(text, 'a quote is not closed')
  if (!words.some(word => word.includes(PORT_WORD))) {
    throw wrongCommand(text, `${PORT_WORD} is missing, which stands for the port to listen on`)
  }
  return commandNamed(name, words, {})
}

/**
 * The contestants of a file, such as bench/peers/contestants.json. Rejects with
 * ERR_LANCELOT_RUN_FILE where it cannot be read or holds something else.
 */
export async function readContestants(file: string): Promise<ContestantsOfFile> {
  const list = await readList(file)
  const found: ContestantsOfFile = { contestants: [], leftOut: [] }
  for (const [index, entry] of list.entries()) {
    if (!isEntry(entry)) {
      throw new LancelotError(
        'ERR_LANCELOT_RUN_FILE',
        `entry ${index + 1} of ${file} is not a contestant; expected ${ENTRY}`,
      )
    }
    const { name, command, needs } = entry
    if (needs === undefined || isHere(needs)) {
      found.contestants.push(commandNamed(name, command, entry))
    } else {
      const place = needs.includes('/') ? 'here' : 'on the PATH'
      found.leftOut.push({ name, reason: `${needs} is not ${place}` })
    }
  }
  return found
}

/** Throws ERR_LANCELOT_OPTION_RANGE when two have one name. */
export function requireUniqueNames(contestants: readonly Contestant[]): void {
  const names = new Set<string>()
  for (const { name } of contestants) {
    if (names.has(name)) {
      throw new LancelotError(
        'ERR_LANCELOT_OPTION_RANGE',
        `two contestants are named '${name}'; names must differ: --command 'another=...' names one`,
      )
    }
    names.add(name)
  }
}

/** What the file of a comparison keeps of a contestant. */
export function recordOf({ name, kind, shown, summary }: Contestant): ContestantRecord {
  return { name, kind, command: shown, summary }
}

/** How this Node runs a file beside this one, which is TypeScript in a checkout. */
export function ownProgram(path: string): string[] {
  const suffix = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
  const file = new URL(`${path}${suffix}`, import.meta.url).pathname
  return [process.execPath, ...registration(), decodeURIComponent(file)]
}

/** What lets Node import TypeScript; nothing where this is JavaScript already. */
export function registration(): string[] {
  if (!import.meta.url.endsWith('.ts')) return []
  return ['--import', import.meta.resolve('@oxc-node/core/register')]
}

/** Whether something is a request and what must come, both not empty, bytes as latin1. */
export function isExchange(value: unknown): value is Exchange {
  const isBytes = (text: unknown): boolean => typeof text === 'string' && BYTES.test(text)
  return Array.isArray(value) && value.length === 2 && value.every(isBytes)
}

interface FileEntry {
  name: string
  summary?: string
  command: readonly string[]
  needs?: string
  build?: readonly string[]
  exchanges?: readonly Exchange[]
  unknown?: Exchange | null
}

async function readList(file: string): Promise<unknown[]> {
  try {
    const list: unknown = JSON.parse(await readFile(file, 'utf8'))
    if (Array.isArray(list)) return list
  } catch (cause) {
    throw new LancelotError(
      'ERR_LANCELOT_RUN_FILE',
      `${file} cannot be read: ${(cause as Error).message}; expected a JSON list of contestants`,
      { cause },
    )
  }
  throw new LancelotError(
    'ERR_LANCELOT_RUN_FILE',
    `${file} holds no list; expected a JSON list of contestants`,
  )
}

function commandNamed(
  name: string,
  command: readonly string[],
  entry: Partial<FileEntry>,
): Contestant {
  const { summary = command.join(' '), exchanges = LANCELOT_EXCHANGES, build } = entry
  const isLancelot = exchanges === LANCELOT_EXCHANGES
  const unknown = entry.unknown === undefined && isLancelot ? LANCELOT_UNKNOWN : entry.unknown
  return {
    name,
    kind: 'command',
    command,
    shown: command,
    summary,
    exchanges,
    unknown: unknown ?? null,
    ...(build !== undefined && { build }),
  }
}

function isEntry(value: unknown): value is FileEntry {
  if (typeof value !== 'object' || value === null) return false
  const { name, summary, command, needs, build, exchanges, unknown }: Record<string, unknown> = {
    ...value,
  }
  return (
    isName(name) &&
    isWords(command) &&
    command.some(word => word.includes(PORT_WORD)) &&
    [summary, needs].every(text => text === undefined || typeof text === 'string') &&
    (build === undefined || isWords(build)) &&
    (exchanges === undefined || (isFull(exchanges) && exchanges.every(isExchange))) &&
    (unknown === undefined || unknown === null || isExchange(unknown))
  )
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && NAME.test(value)
}

function isWords(value: unknown): value is string[] {
  return isFull(value) && value.every(word => typeof word === 'string')
}

function isFull(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > 0
}

/** Whether a program is on the PATH; or a file there, if it is named with its folder. */
function isHere(needs: string): boolean {
  const isFile = needs.includes('/')
  const folders = isFile ? [''] : (process.env.PATH ?? '').split(pathDelimiter)
  return folders.some(folder => {
    try {
      accessSync(join(folder, needs), isFile ? constants.R_OK : constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function wrongCommand(text: string, found: string): LancelotError {
  return new LancelotError('ERR_LANCELOT_OPTION_RANGE', `--command '${text}': ${found}`)
}
