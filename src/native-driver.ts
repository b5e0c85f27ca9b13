/**
 * The driver of every native design: the engine's threads serve, and JavaScript sleeps meanwhile.
 *
 * Here only what JavaScript has to do with it: the handler, the events, starting and stopping. What
 * happens to a byte is the engine's, in `crate/engine`.
 */

import { isIPv6 } from 'node:net'
import {
  type Driver,
  type Interest,
  NO_INTEREST,
  type Observer,
} from './architectures/architecture.ts'
import { type CloseCode, LancelotError } from './errors.ts'
import { listenError, resolveHost } from './listen-error.ts'
import {
  type Addon,
  isDesignFault,
  loadAddon,
  type NativeOptions,
  type NativeServer,
  systemFault,
} from './native.ts'
import { NativeActions } from './native-actions.ts'
import { NativeAnswers } from './native-answers.ts'
import { NativeConnections, packPeer } from './native-connection.ts'
import {
  type Counts,
  FAILED_EVENTS,
  FAILED_LOOP,
  FRESH,
  type Inbound,
  Inbox,
  MISSED,
  type Whom,
} from './native-inbox.ts'
import { Overloads } from './native-overloads.ts'
import { NativeRequests } from './native-requests.ts'
import type { Reply } from './native-tickets.ts'
import { rangeError } from './option-table.ts'
import type { ServerSettings } from './options.ts'
import type { Address, Connection, Decoded, Stats, StopSummary } from './types.ts'

/** How the engine serves. */
export interface NativeDesign {
  readonly name: NativeOptions['design']
  /** Event loops; a design without them counts as one. Default: 1, and no other is allowed. */
  readonly loops?: number
  /** Threads that serve, in designs that have several. Default: 1. */
  readonly workers?: number
  /** Whether a thread that fails is replaced; else the server stops. Default: it stops. */
  readonly replacesThreads?: boolean
}

/** How long the rest of a server may drain after one of its loops failed. */
const DRAIN_AFTER_FAILURE_MS = 5000

/**
 * Starts the engine. Rejects as `startPollServer` does, and with `ERR_LANCELOT_ARCHITECTURE` where
 * this system or this process cannot have the design.
 */
export async function startNative(
  design: NativeDesign,
  settings: ServerSettings,
  observer: Observer,
): Promise<Driver> {
  const { loops = oneLoop(design, settings) } = design
  const addon = await loadAddon()
  const host = await resolveHost(settings.host)
  const native = makeNative(addon, { ...settings, host, loops }, design)
  const answers = new NativeAnswers(native, settings.answerBytesMax)
  answers.replace(settings.answers)
  const driver = new NativeDriver(addon, native, answers, { ...settings, loops }, observer, design)
  driver.listen(host)
  return driver
}

/** Refuses several loops where there is one. */
function oneLoop({ name }: NativeDesign, { loops }: ServerSettings): number {
  if (loops === 1) return 1
  const allowed = `1: ${name} has one; poll takes loops, and multi-loop has as many as workers`
  throw rangeError('loops', String(loops), allowed)
}

function makeNative(addon: Addon, settings: ServerSettings, design: NativeDesign): NativeServer {
  const { unknownAnswer, handler, routes, encoding, handlerModule: _, ...others } = settings
  const options: NativeOptions = {
    ...others,
    design: design.name,
    workers: design.workers ?? 1,
    hasHandler: handler !== undefined,
    routes: routes.map(({ prefix }) => prefix),
    // A Buffer is its reader's own, so each needs one of its own.
    knowsRequests: encoding !== 'buffer',
    ...(unknownAnswer === null ? {} : { unknownAnswer }),
  }
  try {
    return new addon.NativeServer(options)
  } catch (cause) {
    if (!isDesignFault(cause as Error)) throw cause
    const message = `the architecture ${design.name} does not run on ${process.platform}`
    const text = `${message}: choose poll, multi-loop or one in JavaScript, such as callback`
    throw new LancelotError('ERR_LANCELOT_ARCHITECTURE', text, { cause })
  }
}

class NativeDriver implements Driver, Inbound {
  readonly answers: NativeAnswers
  readonly #native: NativeServer
  readonly #codes: readonly CloseCode[]
  readonly #settings: ServerSettings
  readonly #observer: Observer
  readonly #replacesThreads: boolean
  readonly #inbox: Inbox
  readonly #requests: NativeRequests
  readonly #actions: NativeActions
  readonly #connections: NativeConnections
  readonly #overloads: Overloads
  /** Those of which nobody was told that they connected: a few, if JavaScript slept for long. */
  readonly #missed = new WeakSet<Connection>()
  #address: Address | undefined
  #interest: Interest = NO_INTEREST
  #stopping: Promise<StopSummary> | undefined
  #resolveStop: ((summary: StopSummary) => void) | undefined
  #stopSummary: StopSummary | undefined

  constructor(
    addon: Addon,
    native: NativeServer,
    answers: NativeAnswers,
    settings: ServerSettings,
    observer: Observer,
    { replacesThreads = false }: NativeDesign,
  ) {
    const { loops, encoding } = settings
    this.#replacesThreads = replacesThreads
    this.answers = answers
    this.#settings = settings
    this.#native = native
    this.#codes = addon.closeCodes() as CloseCode[]
    this.#observer = observer
    this.#inbox = new Inbox(native, this, encoding, loops)
    this.#requests = new NativeRequests(native, settings, this.#codes, error => {
      observer.failed(error)
    })
    this.#actions = new NativeActions(native, settings, () => this.#requests.flush())
    this.#connections = new NativeConnections(this.#actions, loops)
    this.#overloads = new Overloads(observer)
  }

  /** Where it listens. */
  get address(): Address {
    return this.#address as Address
  }

  listen(host: string): void {
    try {
      this.#native.listen(() => this.#drain())
    } catch (error) {
      const fault = systemFault(error as Error)
      // It is not the system that refuses, but what the design can do with this process.
      if (fault.code === 'UNSUPPORTED') {
        throw new LancelotError('ERR_LANCELOT_ARCHITECTURE', fault.message, { cause: error })
      }
      throw listenError(fault, this.#settings.host, this.#settings.port)
    }
    const family = isIPv6(host) ? 'IPv6' : 'IPv4'
    this.#address = { host, port: this.#native.port, family }
  }

  observe(interest: Interest): void {
    this.#interest = interest
    const { opened, requested, responded, closed } = interest
    this.#native.setInterest(opened, requested, responded, closed)
  }

  ref(): void {
    this.#native.keepAlive(true)
  }

  unref(): void {
    this.#native.keepAlive(false)
  }

  stats(): Stats {
    const { closes, ...counts } = this.#native.stats()
    const byCode = this.#codes.map((code, number) => [code, closes[number] ?? 0] as const)
    return { ...counts, closes: Object.fromEntries(byCode) as Stats['closes'] }
  }

  stop(drainMsMax: number): Promise<StopSummary> {
    this.#stopping ??= new Promise(resolve => {
      this.#resolveStop = resolve
    })
    if (this.#stopSummary === undefined) this.#native.stop(drainMsMax)
    return this.#stopping
  }

  async *connections(): AsyncGenerator<Connection, undefined> {
    for (let loop = 0; loop < this.#settings.loops; loop++) {
      for await (const whom of this.#actions.list(loop)) {
        const connection = this.#connections.look(whom)
        if (connection !== undefined) yield connection
      }
    }
  }

  broadcast(bytes: Buffer, group: string | undefined): Promise<number> {
    return this.#actions.broadcast(bytes, group)
  }

  opened(whom: Whom, host: number | string, port: number, atMs: number, detail: number): void {
    const connection = this.#connections.meet(whom, packPeer(host, port), atMs)
    if ((detail & MISSED) !== 0) this.#missed.add(connection)
    if ((detail & FRESH) !== 0 && this.#interest.opened) this.#observer.opened(connection)
  }

  requests(whom: Whom, route: number, number: number, requests: Decoded[], count: number): void {
    const connection = this.#connections.find(whom)
    if (!this.#interest.requested || this.#missed.has(connection)) {
      this.#requests.ask(connection, route, number, requests, count)
      return
    }
    for (let at = 0; at < count; at++) {
      const request = requests[at] as Decoded
      this.#observer.requested(connection, request, number + at)
      this.#requests.ask(connection, route, number + at, [request], 1)
    }
  }

  requested(whom: Whom, number: number, request: Decoded): void {
    if (this.#interest.requested) {
      this.#observer.requested(this.#connections.find(whom), request, number)
    }
  }

  responded(whom: Whom, number: number, response: Decoded): void {
    if (this.#interest.responded) {
      this.#observer.responded(this.#connections.find(whom), response, number)
    }
  }

  closed(whom: Whom, reason: number, missed: boolean, counts: Counts): void {
    const connection = this.#connections.find(whom)
    this.#connections.forget(whom)
    if (missed || !this.#interest.closed) return
    const [requests, bytesRead, bytesWritten, durationMs] = counts
    const code = this.#codes[reason] as CloseCode
    this.#observer.closed(connection, { code, requests, bytesRead, bytesWritten, durationMs })
  }

  overloaded(overload: number, begins: boolean, atMs: number): void {
    this.#overloads.tell(overload, begins, atMs)
  }

  replied(ticket: number, reply: Reply): void {
    this.#actions.settle(ticket, reply)
  }

  failed(detail: number, number: number, message: string): void {
    if (detail === FAILED_EVENTS) {
      const text = `${number} events were dropped: JavaScript did not take them in time`
      this.#observer.failed(new LancelotError('ERR_LANCELOT_EVENTS_DROPPED', text))
    } else if (detail === FAILED_LOOP && this.#replacesThreads) {
      const text = `a thread failed; its connection is closed and it is replaced: ${message}`
      this.#observer.failed(new LancelotError('ERR_LANCELOT_WORKER', text))
    } else if (detail === FAILED_LOOP) {
      const text = `an event loop failed, and the server stops: ${message}`
      this.#observer.failed(new LancelotError('ERR_LANCELOT_LOOP_FAILED', text))
      void this.stop(DRAIN_AFTER_FAILURE_MS)
    } else {
      const text = `a connection could not be accepted, and will be tried again: ${message}`
      const details = { errno: -number, syscall: 'accept' }
      this.#observer.failed(new LancelotError('ERR_LANCELOT_ACCEPT', text, details))
    }
  }

  stopped(drained: number, cut: number): void {
    this.#stopSummary = { drained, cut }
  }

  batchEnded(): void {
    this.#requests.flush()
  }

  #drain(): void {
    if (!this.#inbox.drain()) return
    // The loops' last records were queued before the one that says that they ended, but perhaps in
    // a queue that was passed already: the server ends once nothing is left in any.
    if (this.#stopSummary === undefined || this.#resolveStop === undefined) return
    if (!this.#inbox.drain()) return
    this.#native.release()
    this.#actions.end()
    this.#resolveStop(this.#stopSummary)
    this.#resolveStop = undefined
  }
}
