/**
 * The public server: events, answers, counters and stopping, whichever architecture serves.
 *
 * Translates only. What happens on the wire is the architecture's and the protocol's.
 */

import { Answers } from './answers-view.ts'
import {
  type Architecture,
  type Driver,
  type Interest,
  NO_INTEREST,
} from './architectures/architecture.ts'
import type { ToldEvent } from './event-readers.ts'
import { EventTeller } from './event-teller.ts'
import { importHandler } from './handler-module.ts'
import { InterestEmitter } from './interest-emitter.ts'
import { MS_MAX, rangeError } from './option-table.ts'
import {
  parseBroadcastOptions,
  parseCloseOptions,
  parseEventsOptions,
  parseServerOptions,
  type ServerSettings,
} from './options.ts'
import { parseGroup, parsePush } from './push.ts'
import type {
  Address,
  BroadcastOptions,
  Bytes,
  CloseOptions,
  Connection,
  Encoding,
  EventsOptions,
  ServerEvent,
  ServerEvents,
  ServerOptions,
  Stats,
  StopSummary,
} from './types.ts'

/** What is published on a channel: an event, and the server that tells it. */
export type ChannelMessage = ToldEvent & { readonly server: LancelotServer }

/**
 * A running server. `startPollServer` and `startJsServer` make one.
 *
 * Emits what `ServerEvents` lists. Events that nobody listens to cost nothing. An error that nobody
 * listens to becomes a process warning, at most one a second.
 */
export class LancelotServer<E extends Encoding = Encoding> extends InterestEmitter<
  ServerEvents<E>
> {
  /** The answers. Changing them changes what the server says from then on. */
  readonly answers: Answers
  /** Where it listens. */
  readonly address: Address
  readonly #driver: Driver
  readonly #settings: ServerSettings
  readonly #teller: EventTeller
  #interest: Interest = NO_INTEREST
  #isClosed = false
  #forgetSignal: () => void = () => {}

  private constructor(driver: Driver, settings: ServerSettings, teller: EventTeller) {
    super()
    this.#driver = driver
    this.#settings = settings
    this.#teller = teller
    this.address = { ...driver.address }
    this.answers = new Answers(driver.answers)
  }

  /**
   * Starts a server of an architecture. Rejects with `ERR_LANCELOT_OPTION_*`, `ERR_LANCELOT_ROUTE`,
   * `ERR_LANCELOT_ANSWER_*`, the system's code (`EADDRINUSE`, ...) or the signal's reason; then
   * nothing is left open.
   */
  static async start<E extends Encoding>(
    architecture: Architecture,
    options: ServerOptions<E>,
  ): Promise<LancelotServer<E>> {
    const settings = await completeSettings(parseServerOptions(options), architecture)
    const { signal } = settings
    signal?.throwIfAborted()
    const teller = new EventTeller()
    const driver = await architecture.start(settings, teller)
    if (signal?.aborted) {
      await driver.stop(0)
      throw signal.reason
    }
    const server = new LancelotServer<E>(driver, settings, teller)
    teller.begin({
      emitter: server,
      readerChanged: () => server.listenersChanged(),
      // It stops by itself; to ask for that again, ever so late, is how to hear of its end.
      loopFailed: () => void server.#stop(MS_MAX),
    })
    server.listenersChanged()
    if (signal !== undefined) server.#obey(signal)
    return server
  }

  /** The counters, as they are now. */
  stats(): Stats {
    return this.#driver.stats()
  }

  /**
   * The events from now on, as an async iterator; it ends when the server has closed, and with
   * `break`. One that is not read keeps its events: end it with `return()` or the signal. Throws
   * `ERR_LANCELOT_OPTION_*`.
   */
  events<Name extends keyof ServerEvents = keyof ServerEvents>(
    options: EventsOptions & { only?: readonly Name[] } = {},
  ): AsyncIterableIterator<Extract<ServerEvent<E>, { type: Name | 'dropped' }>> {
    const stream: AsyncIterableIterator<unknown> = this.#teller.read(parseEventsOptions(options))
    return stream as AsyncIterableIterator<Extract<ServerEvent<E>, { type: Name | 'dropped' }>>
  }

  /** Every open connection, each once; those that come or go meanwhile may be missed. */
  async *connections(): AsyncGenerator<Connection, undefined> {
    if (!this.#isClosed) yield* this.#driver.connections()
  }

  /**
   * Sends bytes outside any response to every connection, or to the members of a group. Resolves to
   * how many took them; `Connection.send` says who does not. Rejects with `ERR_LANCELOT_ARGUMENT`
   * or `ERR_LANCELOT_OPTION_*`.
   */
  async broadcast(bytes: Bytes, options: BroadcastOptions = {}): Promise<number> {
    const { to } = parseBroadcastOptions(options)
    const push = parsePush(bytes, this.#settings)
    if (this.#isClosed) return 0
    return this.#driver.broadcast(push, to === undefined ? undefined : parseGroup(to))
  }

  /** Keeps the process alive while it listens, as it does at first. */
  ref(): this {
    if (!this.#isClosed) this.#driver.ref()
    return this
  }

  /** Lets the process end though it listens and has connections. */
  unref(): this {
    if (!this.#isClosed) this.#driver.unref()
    return this
  }

  /**
   * Stops: takes no new connections, answers what was asked, closes, and resets what is still owed
   * after `drainMsMax` ms. Called again it can only bring that deadline nearer. Every call resolves
   * when the last connection has ended. Rejects with `ERR_LANCELOT_OPTION_*`.
   */
  async close(options: CloseOptions = {}): Promise<StopSummary> {
    const { drainMsMax } = parseCloseOptions(options)
    return this.#stop(drainMsMax)
  }

  /** Closes with the defaults: `await using server = await startJsServer(...)`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  protected override listenersChanged(): void {
    if (this.#isClosed) return
    const { interest } = this.#teller
    if (isSame(interest, this.#interest)) return
    this.#interest = interest
    this.#driver.observe(interest)
  }

  async #stop(drainMsMax: number): Promise<StopSummary> {
    const summary = await this.#driver.stop(drainMsMax)
    this.#isClosed = true
    this.#forgetSignal()
    this.#teller.end()
    return summary
  }

  #obey(signal: AbortSignal): void {
    const abort = (): void => {
      void this.close()
    }
    signal.addEventListener('abort', abort, { once: true })
    this.#forgetSignal = () => signal.removeEventListener('abort', abort)
  }
}

/** Settles what the design decides: how many workers, and who imports the handler's module. */
async function completeSettings(
  settings: ServerSettings,
  architecture: Architecture,
): Promise<ServerSettings> {
  if (settings.workers !== undefined && architecture.workers === undefined) {
    const came = `${settings.workers}, and ${architecture.name} has no workers`
    throw rangeError('workers', came, 'to leave it out, or a design that has workers')
  }
  const workers = settings.workers ?? architecture.workers
  if (settings.handlerModule === undefined || architecture.runsHandlerModule === true) {
    return { ...settings, workers }
  }
  return { ...settings, workers, handler: await importHandler(settings.handlerModule) }
}

function isSame(one: Interest, other: Interest): boolean {
  return (
    one.opened === other.opened &&
    one.requested === other.requested &&
    one.responded === other.responded &&
    one.closed === other.closed
  )
}
