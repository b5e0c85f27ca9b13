/**
 * The flagship: native event loops that answer without waking JavaScript.
 *
 * Here only what JavaScript has to do with it: the handler, the events, starting and stopping. What
 * happens to a byte is the engine's, in `crate/engine`.
 */

import { isIPv6 } from 'node:net'
import { type HandlerDone, settleResponse, settleThrow } from '../ask-handler.ts'
import { type CloseCode, LancelotError } from '../errors.ts'
import { listenError, resolveHost } from '../listen-error.ts'
import { type Addon, loadAddon, type NativeServer, systemFault } from '../native.ts'
import { NativeAnswers } from '../native-answers.ts'
import { FAILED_EVENTS, FAILED_LOOP, type Inbound, Inbox, type Whom } from '../native-inbox.ts'
import { Outbox } from '../native-outbox.ts'
import type { ServerSettings } from '../options.ts'
import type { Address, Connection, Handler, Stats, StopSummary } from '../types.ts'
import type { Architecture, Driver, Interest, Observer } from './architecture.ts'

/** Native loops, one thread each, around one poll each. */
export const poll: Architecture = {
  name: 'poll',
  summary: 'native event loops around epoll, kqueue or IOCP; JavaScript sleeps',
  start,
}

/** How long the rest of a server may drain after one of its loops failed. */
const DRAIN_AFTER_FAILURE_MS = 5000

async function start(settings: ServerSettings, observer: Observer): Promise<Driver> {
  const addon = await loadAddon()
  const host = await resolveHost(settings.host)
  const { unknownAnswer, handler, ...others } = settings
  const native = new addon.NativeServer({
    ...others,
    host,
    hasHandler: handler !== undefined,
    ...(unknownAnswer === null ? {} : { unknownAnswer }),
  })
  const answers = new NativeAnswers(native, settings.answerBytesMax)
  answers.replace(settings.answers)
  const driver = new PollDriver(addon, native, answers, settings, observer)
  driver.listen(host)
  return driver
}

/** A connection that JavaScript was told of. */
interface Known {
  readonly generation: number
  readonly connection: Connection
}

class PollDriver implements Driver, Inbound {
  readonly answers: NativeAnswers
  readonly #native: NativeServer
  readonly #codes: readonly CloseCode[]
  readonly #settings: ServerSettings
  readonly #observer: Observer
  readonly #inbox: Inbox
  readonly #outbox: Outbox
  /** By loop and slot: a slot's next user takes the place of one whose end was not told. */
  readonly #known: (Known | undefined)[][]
  #address: Address | undefined
  #interest: Interest = { opened: false, closed: false }
  /** Ids count whom JavaScript was told of; beyond the border a slot and a generation name them. */
  #nextId = 1
  #isFlushPlanned = false
  #stopping: Promise<StopSummary> | undefined
  #resolveStop: ((summary: StopSummary) => void) | undefined
  #stopSummary: StopSummary | undefined

  constructor(
    addon: Addon,
    native: NativeServer,
    answers: NativeAnswers,
    settings: ServerSettings,
    observer: Observer,
  ) {
    this.answers = answers
    this.#native = native
    this.#codes = addon.closeCodes() as CloseCode[]
    this.#settings = settings
    this.#observer = observer
    this.#inbox = new Inbox(native, this)
    this.#outbox = new Outbox(native)
    this.#known = Array.from({ length: settings.loops }, () => [])
  }

  /** Where it listens. */
  get address(): Address {
    return this.#address as Address
  }

  listen(host: string): void {
    try {
      this.#native.listen(() => this.#drain())
    } catch (error) {
      throw listenError(systemFault(error as Error), this.#settings.host, this.#settings.port)
    }
    const family = isIPv6(host) ? 'IPv6' : 'IPv4'
    this.#address = { host, port: this.#native.port, family }
  }

  observe(interest: Interest): void {
    this.#interest = interest
    this.#native.setInterest(interest.opened, interest.closed)
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

  opened(whom: Whom, host: string, port: number, fresh: boolean): void {
    const connection = this.#know(whom, host, port)
    if (fresh && this.#interest.opened) this.#observer.opened(connection)
  }

  request(whom: Whom, number: number, request: string): void {
    const { handler, answerBytesMax } = this.#settings
    const connection = this.#connectionOf(whom)
    let response: unknown
    try {
      response = (handler as Handler)(request, connection)
    } catch (cause) {
      settleThrow(cause, connection, this.#done({ ...whom }, number))
      return
    }
    // Most handlers answer with short text at once: it needs no outcome and no buffer of its own.
    if (typeof response === 'string' && response.length * 3 <= answerBytesMax) {
      this.#outbox.respond(whom, number, response)
    } else {
      settleResponse(response, connection, answerBytesMax, this.#done({ ...whom }, number))
    }
  }

  closed(
    whom: Whom,
    reason: number,
    [requests, bytesRead, bytesWritten, durationMs]: readonly [number, number, number, number],
  ): void {
    const connection = this.#connectionOf(whom)
    const slots = this.#known[whom.loop]
    if (slots !== undefined) slots[whom.slot] = undefined
    if (!this.#interest.closed) return
    const code = this.#codes[reason] as CloseCode
    this.#observer.closed(connection, { code, requests, bytesRead, bytesWritten, durationMs })
  }

  failed(detail: number, number: number, message: string): void {
    if (detail === FAILED_EVENTS) {
      const text = `${number} events were dropped: JavaScript did not take them in time`
      this.#observer.failed(new LancelotError('ERR_LANCELOT_EVENTS_DROPPED', text))
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
    this.#outbox.flush()
  }

  #drain(): void {
    if (!this.#inbox.drain()) return
    // The loops' last records were queued before the one that says that they ended, but perhaps in
    // a queue that was passed already: the server ends once nothing is left in any.
    if (this.#stopSummary === undefined || this.#resolveStop === undefined) return
    if (!this.#inbox.drain()) return
    this.#native.release()
    this.#resolveStop(this.#stopSummary)
    this.#resolveStop = undefined
  }

  /** What becomes of an outcome, now or later. */
  #done(whom: Whom, number: number): HandlerDone {
    return (outcome, failure) => {
      if (typeof outcome !== 'string') this.#outbox.respond(whom, number, outcome)
      else this.#outbox.close(whom, number, this.#codes.indexOf(outcome))
      this.#planFlush()
      if (failure !== undefined) this.#observer.failed(failure)
    }
  }

  /** Later answers of one turn of JavaScript's loop leave together. */
  #planFlush(): void {
    if (this.#isFlushPlanned) return
    this.#isFlushPlanned = true
    setImmediate(() => {
      this.#isFlushPlanned = false
      this.#outbox.flush()
    })
  }

  #know({ loop, slot, generation }: Whom, host: string | undefined, port: number): Connection {
    const connection: Connection = Object.freeze({
      id: this.#nextId++,
      remoteAddress: host === '' ? undefined : host,
      remotePort: port === 0 ? undefined : port,
    })
    const known = this.#known[loop] as (Known | undefined)[]
    known[slot] = { generation, connection }
    return connection
  }

  #connectionOf(whom: Whom): Connection {
    const known = this.#known[whom.loop]?.[whom.slot]
    if (known?.generation === whom.generation) return known.connection
    return this.#know(whom, undefined, 0)
  }
}
