/**
 * One peer of the JavaScript engine: moves bytes between a socket and its `Connection`.
 *
 * Decides nothing about the protocol; that is the connection's. What it adds is the socket, the
 * timer and the handler.
 */

import type { Socket } from 'node:net'
import { askHandler, type HandlerOutcome, handlerError } from './ask-handler.ts'
import type { CloseCode, LancelotError } from './errors.ts'
import type { ServerSettings } from './options.ts'
import { Connection, type TakenRequest } from './protocol/connection.ts'
import type { Shared } from './protocol/shared.ts'
import type { ConnectionSummary, Connection as PublicConnection } from './types.ts'

/** The most bytes in one write. The peer's progress is seen in steps of this. */
const WRITE_BYTES_MAX = 64 * 1024
/** The most writes to one peer in one turn, so that it cannot starve the rest. */
const WRITES_PER_TURN_MAX = 16
/** The most that is read from one peer once the server stops. */
const STOP_READ_BYTES_MAX = 1024 * 1024

/** What a peer needs of the server that it belongs to. */
export interface PeerServer extends Shared {
  readonly settings: ServerSettings
  /** Something of this peer changed that others may wait for: it has ended, or answered. */
  settled(peer: Peer): void
  failed(error: LancelotError): void
}

/** A socket and its conversation. */
export class Peer {
  readonly id: number
  readonly #server: PeerServer
  readonly #socket: Socket
  readonly #connection: Connection
  readonly #openedMs: number
  #public: PublicConnection | undefined
  /** Bytes given to the socket and not yet to the system. */
  #writingBytes = 0
  #isFinishSent = false
  #isInTurn = false
  #isTurnPlanned = false
  #pauses = 0
  #isPaused = false
  /** Bytes read when the server began to stop; undefined: it did not, or reading is over. */
  #stopFromBytes: number | undefined
  #timer: NodeJS.Timeout | undefined
  #timerDue = Number.POSITIVE_INFINITY

  constructor(id: number, socket: Socket, server: PeerServer) {
    this.id = id
    this.#server = server
    this.#socket = socket
    this.#openedMs = performance.now()
    this.#connection = new Connection(server, this.#openedMs)
    socket.on('data', piece => this.#handle(() => this.#connection.handlePiece(piece, now())))
    socket.on('end', () => this.#handle(() => this.#connection.handleFinished(now())))
    socket.on('error', () => this.#handle(() => this.#connection.handleReset()))
    socket.on('close', () => this.#handle(() => this.#connection.handleReset()))
  }

  /** Sends the greeting and sets the first deadline. */
  begin(): void {
    this.#turn()
  }

  /** The peer as JavaScript sees it; the same object whenever it is asked for. */
  get public(): PublicConnection {
    if (this.#public === undefined) {
      const { remoteAddress, remotePort } = this.#socket
      this.#public = Object.freeze({ id: this.id, remoteAddress, remotePort })
    }
    return this.#public
  }

  /** Why it ended, once it has. */
  get closeCode(): CloseCode | undefined {
    return this.#connection.state === 'closed' ? this.#connection.code : undefined
  }

  get waitsForRoom(): boolean {
    return this.#connection.waitsForRoom
  }

  summary(code: CloseCode): ConnectionSummary {
    const { requestCount, bytesRead, bytesWritten } = this.#connection
    const durationMs = now() - this.#openedMs
    return { code, requests: requestCount, bytesRead, bytesWritten, durationMs }
  }

  /** Requests in flight came to their answers: there may be room for this peer's. */
  handleRoom(): void {
    this.#handle(() => this.#connection.handleRoom(now()))
  }

  /** Reads what the system has received, answers it, then closes. */
  stop(): void {
    this.#stopFromBytes = this.#connection.bytesRead
    this.#stopOnceRead()
  }

  /** Answers nothing more. */
  cut(): void {
    this.#handle(() => {
      this.#connection.stop(now())
      this.#connection.cut()
    })
  }

  /** Lets go of the socket; for the server, once it knows of the end. */
  release(code: CloseCode): void {
    clearTimeout(this.#timer)
    if (code === 'write-timeout' || code === 'cut') this.#socket.resetAndDestroy()
    else this.#socket.destroy()
  }

  #handle(happened: () => void): void {
    if (this.closeCode !== undefined) return
    happened()
    this.#turn()
  }

  /** Does all that the connection wants done, within the budget of a turn. */
  #turn(): void {
    if (this.#isInTurn) return
    this.#isInTurn = true
    for (let writes = 0; ; writes++) {
      for (let ask = this.#connection.takeRequest(); ask; ask = this.#connection.takeRequest()) {
        this.#ask(ask)
      }
      if (writes === WRITES_PER_TURN_MAX) this.#planTurn(setImmediate)
      if (writes === WRITES_PER_TURN_MAX || !this.#write()) break
    }
    this.#isInTurn = false
    if (this.closeCode === undefined) this.#follow()
    this.#server.settled(this)
  }

  /** Makes socket and timer follow the connection. */
  #follow(): void {
    if (this.#connection.state === 'lingering' && !this.#isFinishSent) {
      this.#isFinishSent = true
      this.#socket.end()
    }
    if (this.#connection.wantsRead === this.#isPaused) {
      this.#isPaused = !this.#isPaused
      if (this.#isPaused) this.#socket.pause()
      else this.#socket.resume()
      if (this.#isPaused) this.#pauses += 1
      else this.#stopOnceRead()
    }
    this.#setTimer()
  }

  #planTurn(plan: (turn: () => void) => unknown): void {
    if (this.#isTurnPlanned) return
    this.#isTurnPlanned = true
    plan(() => {
      this.#isTurnPlanned = false
      this.#turn()
    })
  }

  #ask({ number, text }: TakenRequest): void {
    const { handler, answerBytesMax } = this.#server.settings
    if (handler === undefined) return
    askHandler(handler, text, this.public, answerBytesMax, (outcome, failure) => {
      this.#respond(number, outcome)
      if (failure !== undefined) this.#server.failed(failure)
    })
  }

  #respond(number: number, outcome: HandlerOutcome): void {
    const isWanted = this.#connection.handleResponse(number, outcome, now())
    // Responses that come one after another leave in one write.
    if (isWanted && !this.#isInTurn) this.#planTurn(process.nextTick)
  }

  /** Gives the socket what may leave. Whether there may be more at once. */
  #write(): boolean {
    if (this.#writingBytes > 0) return false
    const output = this.#connection.takeOutput(WRITE_BYTES_MAX)
    if (output === undefined) return false
    this.#writingBytes = output.length
    this.#socket.write(output, () => this.#handleWritten())
    return this.#takeWritten()
  }

  #handleWritten(): void {
    if (this.closeCode === undefined && this.#takeWritten()) this.#turn()
  }

  /** Whether the system took all that was given. It mostly does at once, before the callback. */
  #takeWritten(): boolean {
    if (this.#writingBytes === 0 || this.#socket.writableLength > 0) return false
    const bytes = this.#writingBytes
    this.#writingBytes = 0
    this.#connection.handleSent(bytes, now())
    return true
  }

  /**
   * Two turns of the loop: in the poll between them the socket is read of all that the system has,
   * unless reading is paused meanwhile; then this happens again when it resumes.
   */
  #stopOnceRead(): void {
    const fromBytes = this.#stopFromBytes
    if (fromBytes === undefined) return
    const pauses = this.#pauses
    setImmediate(() =>
      setImmediate(() => {
        const bytes = this.#connection.bytesRead - fromBytes
        const isRead = this.#pauses === pauses && this.#connection.wantsRead
        if (isRead || bytes > STOP_READ_BYTES_MAX || this.#connection.state !== 'open') {
          this.#stopFromBytes = undefined
          this.#handle(() => this.#connection.stop(now()))
        }
      }),
    )
  }

  /** Arms the timer where it would be late; one that is early looks again when it fires. */
  #setTimer(): void {
    const { deadline } = this.#connection
    if (deadline >= this.#timerDue) return
    clearTimeout(this.#timer)
    this.#timerDue = deadline
    const delayMs = Math.max(1, Math.ceil(deadline - now()))
    // Timers run before the poll: what arrived while the loop was busy is read before that.
    this.#timer = setTimeout(() => setImmediate(() => this.#handleTimer()), delayMs)
  }

  #handleTimer(): void {
    if (this.closeCode !== undefined) return
    this.#timerDue = Number.POSITIVE_INFINITY
    const code = this.#connection.handleDeadline(now())
    if (code === 'handler-timeout') {
      const what = `did not answer within handlerMsMax (${this.#server.settings.handlerMsMax} ms)`
      this.#server.failed(handlerError(this.public, what))
    }
    this.#turn()
  }
}

function now(): number {
  return performance.now()
}
