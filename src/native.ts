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
  /**
   * Listens at an address, and returns `count` descriptors of the one listener: each is owned by
   * whoever takes it (`listen({ fd })`), and those that nobody takes go to `closeDescriptors`.
   * Throws what `systemFault` reads; not on Windows.
   */
  shareListener(host: string, port: number, backlog: number, count: number): SharedListener
  /** Closes descriptors of `shareListener` that nobody took, each at most once. */
  closeDescriptors(descriptors: number[]): void
}

/** One listener under several descriptors. */
export interface SharedListener {
  port: number
  descriptors: number[]
}

/** Options as `options.ts` parsed them, the host as an address. The rest stays on this side. */
export interface NativeOptions
  extends Omit<
    ServerSettings,
    | 'answers'
    | 'encoding'
    | 'handler'
    | 'handlerModule'
    | 'routes'
    | 'signal'
    | 'unknownAnswer'
    | 'workers'
  > {
  /** The name of an architecture of the engine. */
  design:
    | 'poll'
    | 'select'
    | 'poll-syscall'
    | 'one-at-a-time'
    | 'thread-per-connection'
    | 'thread-pool'
  /** Threads of a pool; designs without one ignore it. */
  workers: number
  /** Absent: unknown requests close the connection. */
  unknownAnswer?: Buffer
  hasHandler: boolean
  /** The prefixes; the first is route 1. */
  routes: Buffer[]
  /** Whether requests seen before may cross as numbers. */
  knowsRequests: boolean
}

/** A server whose loops run on threads of their own. */
export interface NativeServer {
  /** Listens. `doorbell` is called when there is something to drain. */
  listen(doorbell: () => void): void
  readonly port: number
  setInterest(opened: boolean, requests: boolean, responses: boolean, closed: boolean): void
  /** Whether it keeps the process alive while it listens; at first it does. */
  keepAlive(keeps: boolean): void
  /**
   * Moves records into `words`, from the second word on, and their texts into `text`; the first
   * word says how many bytes of text. Returns how many words, or minus the bytes of text that the
   * next record needs.
   */
  drain(words: Uint32Array, text: Buffer): number
  /** Asks for the doorbell again. */
  ring(): void
  /** Hands over the first `count` of the words, runs of responses, and their text. */
  respond(words: Int32Array, count: number, text: Uint8Array): void
  /** Whether a reply will come, as with all that have a ticket: 1 if the bytes were taken. */
  send(loop: number, slot: number, generation: number, ticket: number, bytes: Uint8Array): boolean
  /** How many loops will reply, each with how many connections took the bytes. */
  broadcast(ticket: number, bytes: Uint8Array, group?: Uint8Array | undefined | null): number
  setMember(
    loop: number,
    slot: number,
    generation: number,
    ticket: number,
    group: Uint8Array,
    joins: boolean,
  ): boolean
  /** 0 pauses, 1 resumes, 2 closes. */
  steer(loop: number, slot: number, generation: number, what: number): boolean
  inspect(loop: number, slot: number, generation: number, ticket: number): boolean
  list(loop: number, fromSlot: number, ticket: number): boolean
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

/** Whether the addon threw this because the engine lacks a design on this system. */
export function isDesignFault(error: Error): boolean {
  return error.message.startsWith('design: ')
}

/**
 * What the system said, of an error that the addon threw; `convert.rs` writes its number down. The
 * code `UNSUPPORTED` is not the system's: the design cannot listen in a process such as this one.
 */
export function systemFault(error: Error): SystemFault {
  const [, errno, message] = /^errno (\d+): (.*)$/s.exec(error.message) ?? []
  if (errno === undefined || message === undefined) return { message: error.message }
  if (errno === '0') return { code: 'UNSUPPORTED', message }
  const negative = -Number(errno)
  return { code: getSystemErrorName(negative), errno: negative, syscall: 'listen', message }
}
