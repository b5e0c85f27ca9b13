/**
 * Asks the handlers of a native server, and hands over what comes of it.
 *
 * What is answered at once leaves with the batch, what is answered later once for each turn of
 * JavaScript's loop. Nothing that a handler does escapes from here.
 */

import {
  type HandlerDone,
  type HandlerSettings,
  settleRejection,
  settleResponse,
  settleThrow,
} from './ask-handler.ts'
import type { CloseCode, LancelotError } from './errors.ts'
import type { NativeServer } from './native.ts'
import type { NativeConnection } from './native-connection.ts'
import { Outbox } from './native-outbox.ts'
import type { ServerSettings } from './options.ts'
import { fitsLatin1 } from './text-encoding.ts'
import type { Decoded, Encoding, Handler } from './types.ts'

/** The handlers of one server, by the number of their route. */
export class NativeRequests {
  readonly #settings: HandlerSettings
  readonly #handlers: readonly (Handler<Encoding> | undefined)[]
  readonly #codes: readonly CloseCode[]
  readonly #outbox: Outbox
  readonly #failed: (error: LancelotError) => void
  /** The longest text that is short enough, whatever it holds. */
  readonly #shortMax: number
  readonly #isLatin1: boolean
  #isFlushPlanned = false

  constructor(
    native: Pick<NativeServer, 'respond'>,
    settings: Pick<ServerSettings, 'answerBytesMax' | 'encoding' | 'handler' | 'routes'>,
    codes: readonly CloseCode[],
    failed: (error: LancelotError) => void,
  ) {
    const { answerBytesMax, encoding, handler, routes } = settings
    this.#settings = settings
    this.#handlers = [handler, ...routes.map(route => route.handler)]
    this.#codes = codes
    this.#outbox = new Outbox(native, encoding)
    this.#failed = failed
    this.#isLatin1 = encoding === 'latin1'
    this.#shortMax = this.#isLatin1 ? answerBytesMax : Math.floor(answerBytesMax / 3)
  }

  /** Asks the handler of a route `count` requests; the first of them has this number. */
  ask(
    connection: NativeConnection,
    route: number,
    number: number,
    requests: readonly Decoded[],
    count: number,
  ): void {
    const handler = this.#handlers[route] as Handler<never>
    for (let at = 0; at < count; at++) {
      let response: unknown
      try {
        response = handler(requests[at] as never, connection)
      } catch (cause) {
        settleThrow(cause, connection, this.#done(connection, number + at))
        continue
      }
      if (typeof response === 'string' && this.#isPlain(response)) {
        this.#outbox.respond(connection, number + at, response)
      } else if (response instanceof Promise) {
        this.#await(connection, number + at, response)
      } else {
        settleResponse(response, connection, this.#settings, this.#done(connection, number + at))
      }
    }
  }

  /** Hands over what is answered. */
  flush(): void {
    this.#outbox.flush()
  }

  /** Most handlers answer with short text: that needs no outcome and no buffer of its own. */
  #isPlain(response: string): boolean {
    return response.length <= this.#shortMax && (!this.#isLatin1 || fitsLatin1(response))
  }

  #await(connection: NativeConnection, number: number, response: Promise<unknown>): void {
    response.then(
      settled => {
        if (typeof settled === 'string' && this.#isPlain(settled)) {
          this.#outbox.respond(connection, number, settled)
          this.#planFlush()
        } else {
          settleResponse(settled, connection, this.#settings, this.#done(connection, number))
        }
      },
      (cause: unknown) => settleRejection(cause, connection, this.#done(connection, number)),
    )
  }

  /** What becomes of an outcome, now or later. */
  #done(connection: NativeConnection, number: number): HandlerDone {
    return (outcome, failure) => {
      if (typeof outcome !== 'string') this.#outbox.respondBytes(connection, number, outcome)
      else this.#outbox.close(connection, number, this.#codes.indexOf(outcome))
      this.#planFlush()
      if (failure !== undefined) this.#failed(failure)
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
}
