/**
 * What a leader and its members say to each other, and how bytes cross between them.
 *
 * Types, and packing. A leader is where the user's server is; a member is a process or a thread
 * that serves. Messages are batches of these, in order, one batch for each turn of a loop. They
 * hold nothing that structured clone does not copy; bytes cross as latin1 text, which loses nothing
 * and copies no more than itself, where a slice of a pooled Buffer takes the whole pool along.
 */

import type { Interest } from '../architectures/architecture.ts'
import { type CloseCode, LancelotError } from '../errors.ts'
import type { ServerSettings } from '../options.ts'
import type {
  Address,
  ConnectionStats,
  ConnectionSummary,
  Decoded,
  Encoding,
  Stats,
  StopSummary,
} from '../types.ts'

/** Bytes, one character each. */
export type Latin1 = string

/** An answer of the table: key, answer, whether it closes. */
export type PackedAnswer = readonly [Latin1, Latin1, boolean]

/** What a member is to do, first of all. */
export interface Start {
  readonly settings: PackedSettings
  readonly answers: readonly PackedAnswer[]
  readonly interest: Interest
  /** The id before that of its first connection. */
  readonly idBase: number
  /** A descriptor to listen on; undefined: sockets are handed over. */
  readonly descriptor: number | undefined
  /** Where the leader listens, for those that are handed their sockets. */
  readonly address: Address | undefined
  /** Where members share memory: how many connections are open. */
  readonly openTogether: OpenTogether | undefined
}

/** How many connections are open at all members, and how many of them at this one. */
export interface OpenTogether {
  readonly all: Int32Array
  readonly own: Int32Array
}

/** From the leader to a member. Those with a ticket are replied to. */
export type Command =
  | Heard
  | readonly ['start', Start]
  | readonly ['observe', Interest]
  | readonly ['answer', id: number, number: number, response: Latin1]
  | readonly ['end', id: number, number: number, code: CloseCode]
  | readonly ['send', id: number, ticket: number, bytes: Latin1]
  | readonly ['join' | 'leave', id: number, ticket: number, group: string]
  | readonly ['inspect', id: number, ticket: number]
  | readonly ['close' | 'pause' | 'resume', id: number]
  | readonly ['broadcast', ticket: number, bytes: Latin1, group: string | undefined]
  | readonly ['list', ticket: number]
  | readonly ['set', PackedAnswer]
  | readonly ['delete', key: Latin1]
  | readonly ['replace', readonly PackedAnswer[]]
  | readonly ['stop', drainMsMax: number]
  /** All sockets have been handed over. */
  | readonly ['finish']

/** What has a ticket. */
export type Question = Extract<
  Command,
  readonly ['send' | 'join' | 'leave' | 'inspect' | 'broadcast' | 'list', ...unknown[]]
>

/** What changes the table. */
export type Change = Extract<Command, readonly ['set' | 'delete' | 'replace', ...unknown[]]>

/** What a command with a ticket gives. */
export type Reply = boolean | number | ConnectionStats | readonly number[] | undefined

/** From a member to its leader. A connection is introduced before anything else is said of it. */
export type Report =
  | Heard
  | readonly ['ready', Address]
  | readonly ['unfit', PackedError]
  /** It took the socket that was handed over last. */
  | readonly ['took']
  | readonly ['met', Introduction, Meeting]
  | readonly ['asked', id: number, route: number, request: PackedRequest, number: number]
  | readonly ['requested', id: number, request: PackedRequest, number: number]
  | readonly ['responded', id: number, response: PackedRequest, number: number]
  | readonly ['closed', id: number, ConnectionSummary]
  | readonly ['failed', PackedError]
  /** So many events more than could wait. */
  | readonly ['dropped', events: number]
  | readonly ['in-flight', begins: boolean]
  | readonly ['counted', Stats]
  | readonly ['replied', ticket: number, Reply]
  /** The last of all, nothing is obeyed after it. */
  | readonly ['stopped', StopSummary]

/** Batches that the sender of this has taken, and what of them counts against a bound. */
export type Heard = readonly ['heard', batches: number, readonly Taken[]]

/** What is bounded of the messages that the other side has not taken, each by itself. */
export type Lane = 'events' | 'requests' | 'responses' | 'pushes' | 'changes'

/** Messages of one lane, and their bytes. */
export type Taken = readonly [Lane, count: number, bytes: number]

/**
 * Why a connection is introduced: it opened, and that is an event; it opened, and its end will be
 * one; something else is said of it; or likewise, and as its opening was dropped nothing is told
 * of it, but its requests are to be answered.
 */
export type Meeting = 'opened' | 'early' | 'late' | 'missed'

/** Who a connection is. */
export interface Introduction {
  readonly id: number
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
  readonly openedAtMs: number
}

/** A request or response as the encoding says; under `buffer` as latin1. */
export type PackedRequest = string

/** An error; its cause survives as its wording. */
export interface PackedError {
  readonly code: string
  readonly message: string
  readonly details: Readonly<Record<string, string | number>>
  readonly cause: string | undefined
}

type Unpackable =
  | 'answers'
  | 'handler'
  | 'routes'
  | 'handlerModule'
  | 'signal'
  | 'delimiter'
  | 'unknownAnswer'
  | 'answerSuffix'
  | 'greeting'

/** Settings as they cross. */
export interface PackedSettings extends Omit<ServerSettings, Unpackable> {
  readonly delimiter: Latin1
  readonly unknownAnswer: Latin1 | null
  readonly answerSuffix: Latin1
  readonly greeting: Latin1
  readonly routes: readonly Latin1[]
  /** Whether the leader has a default handler. */
  readonly hasHandler: boolean
  readonly handlerModule: string | undefined
}

export function packSettings(settings: ServerSettings): PackedSettings {
  const { answers: _, handler, handlerModule, signal: __, ...others } = settings
  return {
    ...others,
    delimiter: pack(settings.delimiter),
    unknownAnswer: settings.unknownAnswer === null ? null : pack(settings.unknownAnswer),
    answerSuffix: pack(settings.answerSuffix),
    greeting: pack(settings.greeting),
    routes: settings.routes.map(({ prefix }) => pack(prefix)),
    hasHandler: handler !== undefined,
    handlerModule: handlerModule?.href,
  }
}

/** Settings whose handlers are never called: they only say which there are. */
export function unpackSettings(packed: PackedSettings): ServerSettings {
  const { hasHandler, handlerModule, ...others } = packed
  return {
    ...others,
    answers: [],
    signal: undefined,
    delimiter: unpack(packed.delimiter),
    unknownAnswer: packed.unknownAnswer === null ? null : unpack(packed.unknownAnswer),
    answerSuffix: unpack(packed.answerSuffix),
    greeting: unpack(packed.greeting),
    routes: packed.routes.map(prefix => ({ prefix: unpack(prefix), handler: elsewhere })),
    handler: hasHandler ? elsewhere : undefined,
    handlerModule: handlerModule === undefined ? undefined : new URL(handlerModule),
  }
}

export function pack(bytes: Uint8Array): Latin1 {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

export function unpack(bytes: Latin1): Buffer {
  return Buffer.from(bytes, 'latin1')
}

export function packDecoded(decoded: Decoded): PackedRequest {
  return typeof decoded === 'string' ? decoded : pack(decoded)
}

export function unpackDecoded(packed: PackedRequest, encoding: Encoding): Decoded {
  return encoding === 'buffer' ? unpack(packed) : packed
}

export function packError(error: LancelotError): PackedError {
  const { code, message, option, syscall, errno, cause } = error
  const found = Object.entries({ option, syscall, errno })
  const details = Object.fromEntries(found.filter(([, value]) => value !== undefined))
  return {
    code: code ?? 'UNKNOWN',
    message,
    details: details as Record<string, string | number>,
    cause: cause === undefined ? undefined : String(cause instanceof Error ? cause.message : cause),
  }
}

export function unpackError({ code, message, details, cause }: PackedError): LancelotError {
  const reason = cause === undefined ? {} : { cause: new Error(cause) }
  return new LancelotError(code, message, { ...details, ...reason })
}

function elsewhere(): never {
  throw new Error('the handlers of a member are its leader')
}
