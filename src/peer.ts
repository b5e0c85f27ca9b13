/**
 * One peer of the JavaScript engine: moves bytes between a socket and its `Connection`.
 *
 * Decides nothing about the protocol; that is the connection's. What it adds is the socket, the
 * timer and what the application wants of a peer. How the socket is read is the architecture's.
 */

import type { Socket } from 'node:net'
import { type HandlerOutcome, handlerError } from './ask-handler.ts'
import { DeadlineTimer } from './deadline-timer.ts'
import type { CloseCode, LancelotError } from './errors.ts'
import type { Groups } from './groups.ts'
import type { ServerSettings } from './options.ts'
import { PeerConnection, type PeerControls, type PeerLink } from './peer-connection.ts'
import { Connection } from './protocol/connection.ts'
import type { Shared } from './protocol/shared.ts'
import type { Task } from './protocol/tasks.ts'
import { decode } from './text-encoding.ts'
import type {
  ConnectionStats,
  ConnectionSummary,
  Decoded,
  Connection as PublicConnection,
} from './types.ts'

/** The most bytes in one write. The peer's progress is seen in steps of this. */
const WRITE_BYTES_MAX = 64 * 1024
/** The most writes to one peer in one turn, so that it cannot starve the rest. */
const WRITES_PER_TURN_MAX = 16
/** The most that is read from one peer once the server stops. */
const STOP_READ_BYTES_MAX = 1024 * 1024

/** What is told of what a socket brought; its failures and its end a peer hears itself. */
export interface PieceTaker {
  handlePiece(piece: Buffer): void
  handleFinished(): void
}

/** The reading of one socket, which goes on until it is paused. */
export interface Reading {
  pause(): void
  resume(): void
}

/** Begins to read a socket. Nothing is told before it returned. */
export type ReadSocket = (socket: Socket, taker: PieceTaker) => Reading

/** What a peer needs of the server that it belongs to. */
export interface PeerServer extends Shared {
  readonly read: ReadSocket
  readonly settings: ServerSettings
  readonly groups: Groups<Peer>
  /** Stands for its peers that are gone. */
  readonly gone: PeerControls
  /** Whether its peers keep the process alive. */
  readonly isRef: boolean
  /** Something of this peer changed that others may wait for: it has ended, or answered. */
  settled(peer: Peer): void
  /** Somebody is to answer this, by `respond`, now or later. */
  ask(peer: Peer, route: number, request: Decoded, number: number): void
  requested(connection: PublicConnection, request: Decoded, number: number): void
  responded(connection: PublicConnection, response: Decoded, number: number): void
  failed(error: LancelotError): void
}

/** A socket and its conversation. */
export class Peer implements PeerControls, PieceTaker {
  readonly id: number
  readonly #server: PeerServer
  readonly #socket: Socket
  readonly #reading: Reading
  readonly #connection: Connection
  readonly #openedMs: number
  readonly #timer: DeadlineTimer
  /** So that an object that is kept does not keep the socket. */
  readonly #link: PeerLink = { peer: this }
  #public: PublicConnection | undefined
  /** Bytes given to the socket and not yet to the system. */
  #writingBytes = 0
  #isFinishSent = false
  #isInTurn = false
  #isTurnPlanned = false
  #isPaused = false
  /** How often `#isPaused` changed. */
  #flips = 0
  /** Bytes read when the server began to stop; undefined: it did not, or reading is over. */
  #stopFromBytes: number | undefined

  constructor(id: number, socket: Socket, server: PeerServer) {
    this.id = id
    this.#server = server
    this.#socket = socket
    this.#openedMs = performance.now()
    this.#connection = new Connection(server, this.#openedMs)
    this.#timer = new DeadlineTimer(() => this.#handleTimer(), server.isRef)
    if (!server.isRef) socket.unref()
    this.#reading = server.read(socket, this)
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
      const openedAtMs = Math.round(Date.now() - (now() - this.#openedMs))
      const who = { id: this.id, remoteAddress, remotePort, openedAtMs }
      this.#public = new PeerConnection(who, this.#link, this.#server.settings)
    }
    return this.#public
  }

  /** Why it ended, once it has. */
  get closeCode(): CloseCode | undefined {
    return this.#connection.state === 'closed' ? this.#connection.code : undefined
  }

  handlePiece(piece: Buffer): void {
    if (this.closeCode !== undefined) return
    this.#connection.handlePiece(piece, now())
    this.#turn()
  }

  handleFinished(): void {
    this.#handle(() => this.#connection.handleFinished(now()))
  }

  get waitsForRoom(): boolean {
    return this.#connection.waitsForRoom
  }

  summary(code: CloseCode): ConnectionSummary {
    return { code, ...this.#counters() }
  }

  stats(): ConnectionStats | undefined {
    if (this.closeCode !== undefined) return undefined
    const { inFlight, owedBytes } = this.#connection
    return { ...this.#counters(), inFlight, unsentBytes: owedBytes }
  }

  /** Sends bytes outside any response. Whether they were taken. */
  push(bytes: Buffer): boolean {
    const isTaken = this.#connection.push(bytes, now())
    if (isTaken) this.#wake()
    return isTaken
  }

  close(): void {
    this.#connection.close(now())
    this.#wake()
  }

  pause(): void {
    this.#connection.pause(now())
    this.#stopOnceRead()
    this.#wake()
  }

  resume(): void {
    this.#connection.resume(now())
    this.#wake()
  }

  join(group: string): boolean {
    return this.closeCode === undefined && this.#server.groups.join(this, group)
  }

  leave(group: string): boolean {
    return this.closeCode === undefined && this.#server.groups.leave(this, group)
  }

  /** The handler's response to a request, or the end of the connection at its place. */
  respond(number: number, outcome: HandlerOutcome): void {
    if (this.#connection.handleResponse(number, outcome, now())) this.#wake()
  }

  /** Whether it keeps the process alive. */
  setRef(isRef: boolean): void {
    if (isRef) this.#socket.ref()
    else this.#socket.unref()
    this.#timer.setRef(isRef)
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
    this.#timer.clear()
    this.#link.peer = this.#server.gone
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
      for (let task = this.#connection.takeTask(); task; task = this.#connection.takeTask()) {
        this.#tell(task)
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
      this.#flips += 1
      if (this.#isPaused) this.#reading.pause()
      else this.#reading.resume()
      this.#stopOnceRead()
    }
    this.#timer.follow(this.#connection.deadline)
  }

  /** What JavaScript wants of a peer in one go is done together, and leaves in one write. */
  #wake(): void {
    if (!this.#isInTurn) this.#planTurn(process.nextTick)
  }

  #planTurn(plan: (turn: () => void) => unknown): void {
    if (this.#isTurnPlanned) return
    this.#isTurnPlanned = true
    plan(() => {
      this.#isTurnPlanned = false
      this.#turn()
    })
  }

  #tell(task: Task): void {
    const { number } = task
    const { interest, settings } = this.#server
    if (task.kind === 'response') {
      if (!interest.responded) return
      this.#server.responded(this.public, decode(task.response, settings.encoding), number)
    } else {
      if (interest.requested) this.#server.requested(this.public, task.request, number)
      if (task.route !== undefined) this.#server.ask(this, task.route, task.request, number)
    }
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
   * unless reading is paused meanwhile; then this happens again when it resumes. What waits for the
   * application to resume is not read.
   */
  #stopOnceRead(): void {
    const fromBytes = this.#stopFromBytes
    if (fromBytes === undefined) return
    const flips = this.#flips
    setImmediate(() =>
      setImmediate(() => {
        const { bytesRead, wantsRead, isHeldBack } = this.#connection
        const bytes = bytesRead - fromBytes
        const isRead = this.#flips === flips && (wantsRead || isHeldBack)
        if (isRead || bytes > STOP_READ_BYTES_MAX || this.#connection.state !== 'open') {
          this.#stopFromBytes = undefined
          this.#handle(() => this.#connection.stop(now()))
        }
      }),
    )
  }

  #handleTimer(): void {
    if (this.closeCode !== undefined) return
    const code = this.#connection.handleDeadline(now())
    if (code === 'handler-timeout') {
      const what = `did not answer within handlerMsMax (${this.#server.settings.handlerMsMax} ms)`
      this.#server.failed(handlerError(this.public, what))
    }
    this.#turn()
  }

  #counters(): Omit<ConnectionSummary, 'code'> {
    const { requestCount, bytesRead, bytesWritten } = this.#connection
    const durationMs = now() - this.#openedMs
    return { requests: requestCount, bytesRead, bytesWritten, durationMs }
  }
}

function now(): number {
  return performance.now()
}
