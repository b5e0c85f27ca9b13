/**
 * One peer's conversation: requests in, responses out in order, and how it ends.
 *
 * Holds no socket, no clock and no timer: the driver says what happened and when, in ms of any
 * clock that never goes back, then asks what to do next. In the order of a driver's work:
 *
 * - what happened: `handlePiece`, `handleFinished`, `handleReset`, `handleSent`, `handleResponse`,
 *   `handleRoom`, `handleDeadline`; commands: `stop`, `cut`
 * - what the application wants: `push`, `close`, `pause`, `resume`
 * - what to do next: `takeTask` until there is none, `takeOutput`, then `state`, `code`,
 *   `wantsRead`, `waitsForRoom` and `deadline`
 *
 * Invariant: `state` only moves forward, and after every call all that can be done without another
 * one has been done: whole requests stand unparsed only while reading is paused.
 */

import type { CloseCode } from '../errors.ts'
import { Clocks } from './clocks.ts'
import { Exchanges } from './exchanges.ts'
import { FrameBuffer } from './frame-buffer.ts'
import { Pipeline } from './pipeline.ts'
import type { Shared } from './shared.ts'
import type { Task } from './tasks.ts'

/** How many bytes a connection that sent its last one discards until the peer's end. */
export const LINGER_BYTES_MAX: number = 1024 * 1024

/**
 * Where a conversation stands. `open` takes requests; `draining` takes no more and owes responses;
 * `lingering` sent everything and discards what comes, and the driver must send a FIN; at `closed`
 * the driver drops the socket.
 */
export type State = 'open' | 'draining' | 'lingering' | 'closed'

/** After these the socket closes directly; the others linger first. */
const DIRECT: ReadonlySet<CloseCode> = new Set(['finished', 'truncated', 'stopped'])

/** The state machine of one peer. */
export class Connection {
  readonly #shared: Shared
  readonly #frames: FrameBuffer
  readonly #clocks: Clocks
  readonly #pipeline = new Pipeline()
  readonly #exchanges: Exchanges
  #state: State = 'open'
  #code: CloseCode | undefined
  /** What ends the conversation once all that was read is parsed. */
  #ending: 'finish' | 'stop' | undefined
  #isPeerFinished = false
  /** The application wants nothing read. */
  #isHeldBack = false
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
    this.#exchanges = new Exchanges(shared, this.#pipeline)
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
    return this.#exchanges.count
  }

  get bytesRead(): number {
    return this.#bytesRead
  }

  get bytesWritten(): number {
    return this.#bytesWritten
  }

  /** Requests that wait for the handler. */
  get inFlight(): number {
    return this.#pipeline.waiting
  }

  /** Bytes that are ready to leave, or held behind an earlier response. */
  get owedBytes(): number {
    return this.#unsentBytes + this.#pipeline.heldBytes
  }

  /** Whether `pause` was called last. */
  get isHeldBack(): boolean {
    return this.#isHeldBack
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
    const isWanted = this.#exchanges.respond(number, response)
    if (isWanted) this.#advance(now)
    return isWanted
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

  /** Answers what was read, takes no more, then closes. What is held back was not read. */
  stop(now: number): void {
    this.#ending ??= 'stop'
    if (this.#isHeldBack) this.#drain('stopped')
    this.#advance(now)
  }

  /** Ends at once. A connection that owes nothing keeps the code that it has. */
  cut(): void {
    this.#end('cut')
  }

  /**
   * Sends bytes outside any response, as they are. Whether they were taken: not while it ends, and
   * not at or over the high-water mark.
   */
  push(bytes: Buffer, now: number): boolean {
    const { tally, settings } = this.#shared
    const isOpen = this.#state === 'open' && !this.#pipeline.isClosing
    if (!isOpen || this.owedBytes >= settings.highWaterBytes) {
      tally.pushesDropped += 1
      return false
    }
    tally.pushed += 1
    this.#pipeline.interject(bytes)
    this.#advance(now)
    return true
  }

  /** Takes no more requests, answers those that were taken, then closes. */
  close(now: number): void {
    this.#drain('connection-close')
    this.#advance(now)
  }

  /** Reads and takes nothing until `resume`. */
  pause(now: number): void {
    this.#isHeldBack = true
    this.#clocks.roomMs = undefined
    if (this.#ending === 'stop') this.#drain('stopped')
    this.#advance(now)
  }

  resume(now: number): void {
    this.#isHeldBack = false
    this.#advance(now)
  }

  /** What the driver has to tell next, oldest first. Also after the end, until there is none. */
  takeTask(): Task | undefined {
    return this.#exchanges.takeTask()
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
      this.#isHeldBack ||
      this.owedBytes >= highWaterBytes ||
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
    const taken = this.#exchanges.take(this.#frames, now)
    if (taken === 'no-room') {
      this.#clocks.roomMs = now
      return
    }
    this.#clocks.requestMs = undefined
    if (taken !== 'taken') this.#drain(taken)
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
    this.#exchanges.abandon()
    this.#sendingBytes = 0
  }
}
