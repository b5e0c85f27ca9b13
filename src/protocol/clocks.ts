/**
 * The clocks of one connection: which of them run, since when, and which runs out first.
 *
 * Has no timer and does not know the time; the connection starts and stops its clocks, and acts
 * when one runs out. `docs/protocol.md` says when each applies.
 */

import type { CloseCode } from '../errors.ts'
import type { ConnectionSettings } from './shared.ts'

/** How long a connection that sent its last byte waits for the peer's end. */
export const LINGER_MS_MAX = 1000

/** Since when each clock runs, in ms; undefined: it does not. */
export class Clocks {
  readonly #settings: ConnectionSettings
  /** Output is unsent. */
  writeMs: number | undefined
  /** The oldest request waits for the handler. */
  handlerMs: number | undefined
  /** The next request waits for the handler to have room for it. */
  roomMs: number | undefined
  /** A request is begun. */
  requestMs: number | undefined
  /** The connection last read or sent anything, and is open. */
  idleMs: number | undefined
  /** Everything is sent, and the peer has not finished. */
  lingerMs: number | undefined

  constructor(settings: ConnectionSettings) {
    this.#settings = settings
  }

  /** When the first clock runs out; Infinity: none runs. */
  get due(): number {
    if (this.lingerMs !== undefined) return this.lingerMs + LINGER_MS_MAX
    const due = Math.min(this.#writeDue, this.#handlerDue, this.#requestDue, this.#roomDue)
    return due === Number.POSITIVE_INFINITY ? after(this.idleMs, this.#settings.idleMsMax) : due
  }

  /** The code of the clock that runs out first. */
  get code(): CloseCode {
    const { due } = this
    if (due === this.#writeDue) return 'write-timeout'
    if (due === this.#handlerDue || due === this.#roomDue) return 'handler-timeout'
    return due === this.#requestDue ? 'request-timeout' : 'idle-timeout'
  }

  get #writeDue(): number {
    return after(this.writeMs, this.#settings.writeMsMax)
  }

  get #handlerDue(): number {
    return after(this.handlerMs, this.#settings.handlerMsMax)
  }

  /** A request without room waits for the handler too, where nothing else is waited for. */
  get #roomDue(): number {
    const waitsElse = this.writeMs !== undefined || this.handlerMs !== undefined
    return after(waitsElse ? undefined : this.roomMs, this.#settings.handlerMsMax)
  }

  get #requestDue(): number {
    return after(this.requestMs, this.#settings.requestMsMax)
  }
}

function after(since: number | undefined, msMax: number): number {
  return since === undefined ? Number.POSITIVE_INFINITY : since + msMax
}
