/**
 * One peer's conversation: requests in, responses out in order, and how it ends.
 *
 * Holds no socket, no clock and no timer: the driver says what happened and when, in ms of any
 * clock that never goes back, then asks what to do next. In the order of a driver's work:
 *
 * - what happened: `handlePiece`, `handleFinished`, `handleReset`, `handleSent`, `handleResponse`,
 *   `handleRoom`, `handleDeadline`; commands: `stop`, `cut`
 * - what to do next: `takeRequest` until there is none, `takeOutput`, then `state`, `code`,
 *   `wantsRead`, `waitsForRoom` and `deadline`
 *
 * Invariant: `state` only moves forward, and after every call all that can be done without another
 * one has been done: whole requests stand unparsed only while reading is paused.
 */

import type { CloseCode } from '../errors.ts'
import { Clocks } from './clocks.ts'
import { FrameBuffer } from './frame-buffer.ts'
import { Pipeline } from './pipeline.ts'
import type { Shared } from './shared.ts'

/** How many bytes a connection that sent its last one discards until the peer's end. */
export const LINGER_BYTES_MAX: number = 1024 * 1024

/**
 * Where a conversation stands. `open` takes requests; `draining` takes no more and owes responses;
 * `lingering` sent everything and discards what comes, and the driver must send a FIN; at `closed`
 * the driver drops the socket.
 */
export type State = 'open' | 'draining' | 'lingering' | 'closed'

/** A request for the handler, which answers it under its number. */
export interface TakenRequest {
  readonly number: number
  readonly text: string
}

/** After these the socket closes directly; the others linger first. */
const DIRECT: ReadonlySet<CloseCode> = new Set(['finished', 'truncated', 'stopped'])

/** The state machine of one peer. */
export class Connection {
  readonly #shared: Shared
  readonly #frames: FrameBuffer
  readonly #clocks: Clocks
  readonly #pipeline = new Pipeline()
  #requests: TakenRequest[] = []
  #state: State = 'open'
  #code: CloseCode | undefined
  /** What ends the conversation once all that was read is parsed. */
  #ending: 'finish' | 'stop' | undefined
  #isPeerFinished = false
  #requestCount = 0
  #bytesRead = 0
  #bytesWritten = 0
  /** Bytes that the driver took and the system did not. */
  #sendingBytes = 0
  #discardedBytes = 0

  /** A peer connected. */
  constructor(shared: Shared, now: number) {
    const { delimiter, requestBytesMax, greeting } = shared.settings
    this.#shared = shared
    this.#frames = new FrameBuffer(delimiter, requestBytesMax)
    this.#clocks = new Clocks(shared.settings)
    this.#clocks.idleMs = now
    this.#pipeline.push(greeting)
    this.#settle(now)
  }

  get state(): State {
    return this.#state
  }

  /** Why it ends; undefined while it is open. */
  get code(): CloseCode | undefined {
    return this.#code
  }

  /** Requests taken. */
  get requestCount(): number {
    return this.#requestCount
  }

  get bytesRead(): number {
    return this.#bytesRead
  }

  get bytesWritten(): number {
    return this.#bytesWritten
  }

  /** Whether the driver should read the socket. */
  get wantsRead(): boolean {
    return this.#state === 'lingering' || (this.#state === 'open' && !this.#isPaused)
  }

  /** Whether the next request needs the handler and the server had no room: see `handleRoom`. */
  get waitsForRoom(): boolean {
    return this.#clocks.roomMs !== undefined
  }

  /** When `handleDeadline` is due; Infinity: never. */
  get deadline(): number {
    return this.#state === 'closed' ? Number.POSITIVE_INFINITY : this.#clocks.due
  }

  /** The peer sent these bytes. They are kept, not copied: the driver must not change them. */
  handlePiece(piece: Buffer, now: number): void {
    if (this.#state === 'closed') return
    this.#bytesRead += piece.length
    this.#shared.tally.bytesRead += piece.length
    if (this.#state === 'open') {
      this.#clocks.idleMs = now
      this.#frames.push(piece)
      this.#advance(now)
    } else if (this.#state === 'lingering') {
      this.#discardedBytes += piece.length
      if (this.#discardedBytes > LINGER_BYTES_MAX) this.#close(this.#code)
    }
  }

  /** The peer sends no more. */
  handleFinished(now: number): void {
    this.#isPeerFinished = true
    this.#ending ??= 'finish'
    if (this.#state === 'lingering') this.#close(this.#code)
    this.#advance(now)
  }

  /** The socket failed. */
  handleReset(): void {
    this.#end('reset')
  }

  /** The system took this many bytes, at least 1, of what `takeOutput` gave. */
  handleSent(bytes: number, now: number): void {
    if (this.#state === 'closed') return
    this.#sendingBytes -= bytes
    this.#bytesWritten += bytes
    this.#shared.tally.bytesWritten += bytes
    this.#clocks.idleMs = now
    this.#clocks.writeMs = undefined
    this.#advance(now)
  }

  /**
   * The handler answered, without the suffix, or wants the connection closed at this place. Returns
   * whether anybody still waited for it.
   */
  handleResponse(number: number, response: Buffer | CloseCode, now: number): boolean {
    const { tally, settings } = this.#shared
    if (!this.#pipeline.isWaiting(number)) {
      tally.responsesDropped += 1
      return false
    }
    const waited = this.#pipeline.waiting
    if (typeof response === 'string') {
      this.#pipeline.close(number, response)
    } else {
      this.#pipeline.fill(number, append(response, settings.answerSuffix))
      tally.handled += 1
    }
    tally.inFlight -= waited - this.#pipeline.waiting
    this.#advance(now)
    return true
  }

  /** Fewer requests of the server wait for the handler than did. */
  handleRoom(now: number): void {
    const since = this.#clocks.roomMs
    this.#clocks.roomMs = undefined
    this.#advance(now)
    if (this.#clocks.roomMs !== undefined) this.#clocks.roomMs = since
  }

  /** Time has passed. Returns the code of the clock that ran out, if one did. */
  handleDeadline(now: number): CloseCode | undefined {
    if (now < this.deadline) return undefined
    if (this.#state === 'lingering') {
      this.#close(this.#code)
      return undefined
    }
    const { code } = this.#clocks
    const { oldest } = this.#pipeline
    if (code === 'write-timeout' || code === 'idle-timeout') this.#close(code)
    else if (code === 'handler-timeout' && oldest !== undefined) {
      this.handleResponse(oldest, code, now)
    } else {
      this.#drain(code)
      this.#advance(now)
    }
    return code
  }

  /** Answers what was read, takes no more, then closes. */
  stop(now: number): void {
    this.#ending ??= 'stop'
    this.#advance(now)
  }

  /** Ends at once. A connection that owes nothing keeps the code that it has. */
  cut(): void {
    this.#end('cut')
  }

  /** The next request for the handler, oldest first. */
  takeRequest(): TakenRequest | undefined {
    for (;;) {
      const request = this.#requests.shift()
      if (request === undefined || this.#pipeline.isWaiting(request.number)) return request
    }
  }

  /** At most `bytesMax` bytes to send; how many the system took is for `handleSent`. */
  takeOutput(bytesMax: number): Buffer | undefined {
    const output = this.#pipeline.take(bytesMax)
    this.#sendingBytes += output?.length ?? 0
    return output
  }

  get #unsentBytes(): number {
    return this.#sendingBytes + this.#pipeline.readyBytes
  }

  get #isPaused(): boolean {
    const { highWaterBytes, inFlightMax } = this.#shared.settings
    return (
      this.#unsentBytes + this.#pipeline.heldBytes >= highWaterBytes ||
      this.#pipeline.waiting >= inFlightMax ||
      this.#pipeline.isClosing ||
      this.waitsForRoom
    )
  }

  /** Does whatever can be done now. */
  #advance(now: number): void {
    const { closed } = this.#pipeline
    if (closed !== undefined && this.#state !== 'lingering') {
      this.#drain(closed)
      // The handler's code replaces that of a drain, which did not end as promised.
      if (this.#state === 'draining') this.#code = closed
    }
    this.#parse(now)
    this.#settle(now)
  }

  #parse(now: number): void {
    while (this.#state === 'open' && this.#frames.length > 0) {
      if (this.#isPaused) return
      const verdict = this.#frames.find()
      if (verdict === 'more') break
      if (verdict === 'too-long') this.#drain('request-too-long')
      else this.#takeFrame(now)
    }
    if (this.#ending === 'stop') this.#drain('stopped')
    if (this.#ending === 'finish') this.#drain(this.#frames.length > 0 ? 'truncated' : 'finished')
  }

  #takeFrame(now: number): void {
    const { answers, settings, tally } = this.#shared
    const answer = answers.find(this.#frames.text('latin1'))
    const asks = answer === undefined && settings.handler !== undefined
    if (asks && tally.inFlight >= settings.inFlightServerMax) {
      this.#clocks.roomMs = now
      return
    }
    const text = asks ? this.#frames.text('utf8') : ''
    this.#frames.consume()
    this.#clocks.requestMs = undefined
    this.#requestCount += 1
    tally.requests += 1
    if (asks) {
      this.#requests.push({ number: this.#pipeline.ask(now), text })
      tally.inFlight += 1
    } else if (answer !== undefined) {
      this.#pipeline.push(answer.wire)
      tally.answered += 1
      if (answer.close) this.#drain('answer-close')
    } else if (settings.unknownAnswer !== null) {
      this.#pipeline.push(append(settings.unknownAnswer, settings.answerSuffix))
      tally.unknown += 1
    } else {
      this.#drain('unknown-request')
    }
  }

  /** Draws the consequences for the state and the clocks. */
  #settle(now: number): void {
    const isOwing = this.#pipeline.waiting > 0 || this.#unsentBytes > 0
    if (this.#state === 'draining' && !isOwing) this.#finishDrain(now)
    const clocks = this.#clocks
    const isBegun = this.#state === 'open' && this.#frames.length > 0 && !this.#isPaused
    clocks.writeMs = this.#unsentBytes > 0 ? (clocks.writeMs ?? now) : undefined
    clocks.handlerMs = this.#pipeline.oldestMs
    clocks.requestMs = isBegun ? (clocks.requestMs ?? now) : undefined
  }

  #finishDrain(now: number): void {
    const code = this.#code as CloseCode
    if (DIRECT.has(code) || this.#isPeerFinished) {
      this.#close(code)
    } else {
      this.#state = 'lingering'
      this.#clocks.lingerMs = now
    }
  }

  /** Takes no more requests. The first code is kept. */
  #drain(code: CloseCode): void {
    if (this.#state !== 'open') return
    this.#state = 'draining'
    this.#code = code
    this.#frames.clear()
    this.#clocks.idleMs = undefined
    this.#clocks.roomMs = undefined
  }

  /** Ends for a failure, unless nothing was left to fail. */
  #end(code: CloseCode): void {
    if (this.#state !== 'closed') this.#close(this.#state === 'lingering' ? this.#code : code)
  }

  #close(code: CloseCode | undefined): void {
    this.#drain(code as CloseCode)
    this.#state = 'closed'
    this.#code = code
    this.#shared.tally.inFlight -= this.#pipeline.waiting
    this.#pipeline.clear()
    this.#sendingBytes = 0
    this.#requests = []
  }
}

function append(response: Buffer, suffix: Buffer): Buffer {
  return suffix.length > 0 ? Buffer.concat([response, suffix]) : response
}
