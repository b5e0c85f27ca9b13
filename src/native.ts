/**
 * The only file that imports the addon: loads it, and says what it is.
 *
 * The types are written here, and held against the generated ones by a test, so that the rest
 * compiles where the addon was never built.
 */

import { getSystemErrorName } from 'node:util'
import { LancelotError } from './errors.ts'
import type { SystemFault } from './listen-error.ts'
import type { ServerSettings } from './options.ts'
import type { KeyFault } from './protocol/answers.ts'
import type { Stats } from './types.ts'

/** What the addon exports. */
export interface Addon {
  NativeServer: new (options: NativeOptions) => NativeServer
  /** The codes of close reasons, in the order of their numbers. */
  closeCodes(): string[]
}

/** Options as `options.ts` parsed them, the host as an address. The rest stays on this side. */
export interface NativeOptions
  extends Omit<ServerSettings, 'answers' | 'handler' | 'signal' | 'unknownAnswer'> {
  /** Absent: unknown requests close the connection. */
  unknownAnswer?: Buffer
  hasHandler: boolean
}

/** A server whose loops run on threads of their own. */
export interface NativeServer {
  /** Listens. `doorbell` is called when there is something to drain. */
  listen(doorbell: () => void): void
  readonly port: number
  setInterest(opened: boolean, closed: boolean): void
  /**
   * Moves records into `words`, from the second word on, and their texts into `text`; the first
   * word says how many bytes of text. Returns how many records, or minus the bytes that it needs.
   */
  drain(words: Uint32Array, text: Buffer): number
  /** Asks for the doorbell again. */
  ring(): void
  /** Hands over `count` responses, five words each: `[loop, slot, generation, number, length]`. */
  respond(words: Int32Array, count: number, text: Uint8Array): void
  setAnswer(key: Uint8Array, answer: Uint8Array, close: boolean): EntryFault | null
  deleteAnswer(key: Uint8Array): boolean
  /** Three words for each entry: bytes of its key, bytes of its answer, whether it closes. */
  replaceAnswers(words: Uint32Array, bytes: Uint8Array): EntryFault | null
  findAnswer(key: Uint8Array): { bytes: Buffer; close: boolean } | null
  answerCount(): number
  allAnswers(): { words: Uint32Array; bytes: Buffer }
  stats(): NativeStats
  stop(drainMsMax: number): void
  /** Lets go of the threads, the doorbell and the environment, once the last record came. */
  release(): void
}

/** What is wrong with an entry of a table, and which one. */
export interface EntryFault {
  entry: number
  why: KeyFault | 'answer-too-long'
}

/** The counters, with `closes` in the order of `closeCodes()`. */
export type NativeStats = Omit<Stats, 'closes'> & { closes: number[] }

/** The addon. Rejects with `ERR_LANCELOT_ADDON_MISSING`, and why as its cause. */
export async function loadAddon(): Promise<Addon> {
  // A name that the compiler cannot follow, for the addon may not be there.
  const name: string = '#addon'
  try {
    return (await import(name)) as Addon
  } catch (cause) {
    const platform = `${process.platform}-${process.arch}`
    const message =
      `the native addon could not be loaded on ${platform}: build it with \`npm run build\`, ` +
      'which needs Rust, or use startJsServer'
    throw new LancelotError('ERR_LANCELOT_ADDON_MISSING', message, { cause })
  }
}

/** What the system said, of an error that the addon threw; `convert.rs` writes its number down. */
export function systemFault(error: Error): SystemFault {
  const [, errno, message] = /^errno (\d+): (.*)$/s.exec(error.message) ?? []
  if (errno === undefined || errno === '0') return { message: error.message }
  const negative = -Number(errno)
  const code = getSystemErrorName(negative)
  return { code, errno: negative, syscall: 'listen', message: message ?? error.message }
}
