/**
 * Tells the events of one server to whoever wants them: its listeners, its iterators, and the
 * subscribers of the channels. Says which events those are.
 *
 * Decides nothing else about a server. Events of connections come only while they are wanted; what
 * is always told and comes before the server is there waits for it.
 */

import type { EventEmitter } from 'node:events'
import type { Interest, Observer } from './architectures/architecture.ts'
import type { LancelotError } from './errors.ts'
import { EventReaders, type ToldEvent } from './event-readers.ts'
import type { EventStream } from './event-stream.ts'
import type { EventsSettings } from './options.ts'
import type {
  Connection,
  ConnectionSummary,
  Decoded,
  OverloadReason,
  ServerEvents,
} from './types.ts'
import { Warnings } from './warnings.ts'

/** Whose events are told. */
export interface TellerHost {
  /** The server. */
  readonly emitter: EventEmitter
  /** Other events may be wanted, but not by the emitter's own listeners. */
  readerChanged(): void
  /** The server stops by itself. */
  loopFailed(): void
}

/** The observer of one server. */
export class EventTeller implements Observer {
  readonly #readers = new EventReaders()
  readonly #warnings = new Warnings()
  #host: TellerHost | undefined
  #emitter: EventEmitter | undefined
  #early: (() => void)[] = []

  /** The server is there. */
  begin(host: TellerHost): void {
    this.#host = host
    this.#emitter = host.emitter
    this.#readers.begin(host.emitter, () => host.readerChanged())
    for (const told of this.#early.splice(0)) told()
  }

  /** A new iterator, which reads from now on. */
  read(settings: EventsSettings): EventStream<ToldEvent> {
    return this.#readers.read(settings)
  }

  /** Nothing more is told but to listeners. */
  end(): void {
    this.#readers.end()
  }

  /** What must be recorded. */
  get interest(): Interest {
    return {
      opened: this.#wants('connection'),
      requested: this.#wants('request'),
      responded: this.#wants('response'),
      closed: this.#wants('close'),
    }
  }

  opened(connection: Connection): void {
    this.#emit('connection', connection)
    if (!this.#readers.want('connection')) return
    this.#readers.show({ type: 'connection', connection })
  }

  requested(connection: Connection, request: Decoded, number: number): void {
    this.#emit('request', connection, request, number)
    if (!this.#readers.want('request')) return
    this.#readers.show({ type: 'request', connection, request, number })
  }

  responded(connection: Connection, response: Decoded, number: number): void {
    this.#emit('response', connection, response, number)
    if (!this.#readers.want('response')) return
    this.#readers.show({ type: 'response', connection, response, number })
  }

  closed(connection: Connection, summary: ConnectionSummary): void {
    this.#emit('close', connection, summary)
    if (!this.#readers.want('close')) return
    this.#readers.show({ type: 'close', connection, summary })
  }

  failed(error: LancelotError): void {
    this.#onceBegun(() => {
      const isHeard = this.#isHeard('error')
      if (isHeard) this.#emit('error', error)
      const isRead = this.#readers.show({ type: 'error', error })
      if (!isHeard && !isRead) this.#warnings.warn(error)
      if (error.code === 'ERR_LANCELOT_LOOP_FAILED') this.#host?.loopFailed()
    })
  }

  overloaded(reason: OverloadReason): void {
    this.#onceBegun(() => {
      this.#emit('overload', reason)
      this.#readers.show({ type: 'overload', reason })
    })
  }

  relieved(reason: OverloadReason, durationMs: number): void {
    this.#onceBegun(() => {
      this.#emit('overloadEnd', reason, durationMs)
      this.#readers.show({ type: 'overloadEnd', reason, durationMs })
    })
  }

  #wants(name: keyof ServerEvents): boolean {
    return this.#isHeard(name) || this.#readers.want(name)
  }

  #isHeard(name: keyof ServerEvents): boolean {
    return this.#emitter !== undefined && this.#emitter.listenerCount(name) > 0
  }

  #onceBegun(told: () => void): void {
    if (this.#emitter === undefined) this.#early.push(told)
    else told()
  }

  /** A listener that throws is uncaught, as with any emitter, but never breaks into the engine. */
  #emit<Name extends keyof ServerEvents>(name: Name, ...args: ServerEvents[Name]): void {
    try {
      this.#emitter?.emit(name, ...args)
    } catch (error) {
      process.nextTick(() => {
        throw error
      })
    }
  }
}
