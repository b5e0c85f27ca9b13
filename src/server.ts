/**
 * The public server: events, answers, counters and stopping, whichever architecture serves.
 *
 * Translates only. What happens on the wire is the architecture's and the protocol's.
 */

import { Answers } from './answers-view.ts'
import type { Architecture, Driver, Interest, Observer } from './architectures/architecture.ts'
import type { LancelotError } from './errors.ts'
import { InterestEmitter } from './interest-emitter.ts'
import { parseCloseOptions, parseServerOptions } from './options.ts'
import type {
  Address,
  CloseOptions,
  ServerEvents,
  ServerOptions,
  Stats,
  StopSummary,
} from './types.ts'

/** Warnings, where nobody listens to errors, come at most this often. */
const WARNING_MS_MIN = 1000

/**
 * A running server. `startPollServer` and `startJsServer` make one.
 *
 * Emits `connection`, `close` and `error`; see `ServerEvents`. Events that nobody listens to cost
 * nothing. An error that nobody listens to becomes a process warning, at most one a second.
 */
export class LancelotServer extends InterestEmitter<ServerEvents> {
  /** The answers. Changing them changes what the server says from then on. */
  readonly answers: Answers
  /** Where it listens. */
  readonly address: Address
  readonly #driver: Driver
  #interest: Interest = { opened: false, closed: false }
  #forgetSignal: () => void = () => {}
  #warnedMs = Number.NEGATIVE_INFINITY
  #unwarned = 0

  private constructor(driver: Driver) {
    super()
    this.#driver = driver
    this.address = { ...driver.address }
    this.answers = new Answers(driver.answers)
  }

  /**
   * Starts a server of an architecture. Rejects with `ERR_LANCELOT_OPTION_*`,
   * `ERR_LANCELOT_ANSWER_*`, the system's code (`EADDRINUSE`, ...) or the signal's reason; then
   * nothing is left open.
   */
  static async start(architecture: Architecture, options: ServerOptions): Promise<LancelotServer> {
    const settings = parseServerOptions(options)
    const { signal } = settings
    signal?.throwIfAborted()
    let server: LancelotServer | undefined
    const early: LancelotError[] = []
    // The driver records no event before somebody listens, but it may fail at any time.
    const observer: Observer = {
      opened(connection) {
        if (server) server.#tell('connection', connection)
      },
      closed(connection, summary) {
        if (server) server.#tell('close', connection, summary)
      },
      failed(error) {
        if (server) server.#fail(error)
        else early.push(error)
      },
    }
    const driver = await architecture.start(settings, observer)
    if (signal?.aborted) {
      await driver.stop(0)
      throw signal.reason
    }
    server = new LancelotServer(driver)
    if (signal !== undefined) server.#obey(signal)
    for (const error of early) server.#fail(error)
    return server
  }

  /** The counters, as they are now. */
  stats(): Stats {
    return this.#driver.stats()
  }

  /**
   * Stops: takes no new connections, answers what was asked, closes, and resets what is still owed
   * after `drainMsMax` ms. Called again it can only bring that deadline nearer. Every call resolves
   * when the last connection has ended. Rejects with `ERR_LANCELOT_OPTION_*`.
   */
  async close(options: CloseOptions = {}): Promise<StopSummary> {
    const { drainMsMax } = parseCloseOptions(options)
    const summary = await this.#driver.stop(drainMsMax)
    this.#forgetSignal()
    return summary
  }

  /** Closes with the defaults: `await using server = await startJsServer(...)`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  protected override listenersChanged(): void {
    const opened = this.listenerCount('connection') > 0
    const closed = this.listenerCount('close') > 0
    if (opened === this.#interest.opened && closed === this.#interest.closed) return
    this.#interest = { opened, closed }
    this.#driver.observe(this.#interest)
  }

  #obey(signal: AbortSignal): void {
    const abort = (): void => {
      void this.close()
    }
    signal.addEventListener('abort', abort, { once: true })
    this.#forgetSignal = () => signal.removeEventListener('abort', abort)
  }

  /** A listener that throws is uncaught, as with any emitter, but never breaks into the engine. */
  #tell<Name extends keyof ServerEvents>(name: Name, ...args: ServerEvents[Name]): void {
    try {
      this.emit(name, ...args)
    } catch (error) {
      process.nextTick(() => {
        throw error
      })
    }
  }

  #fail(error: LancelotError): void {
    if (this.listenerCount('error') > 0) this.#tell('error', error)
    else this.#warn(error)
  }

  #warn(error: LancelotError): void {
    const nowMs = performance.now()
    if (nowMs - this.#warnedMs < WARNING_MS_MIN) {
      this.#unwarned += 1
      return
    }
    const { code } = error
    const more = this.#unwarned > 0 ? `${this.#unwarned} more before it; ` : ''
    const detail = `${more}listen to 'error' to handle it`
    process.emitWarning(error.message, { type: 'LancelotWarning', code, detail })
    this.#warnedMs = nowMs
    this.#unwarned = 0
  }
}
