/**
 * A client: asks questions over one connection and gets their answers, in order.
 *
 * Answers are cut from the stream by `FrameBuffer`, as a server cuts requests. There is no
 * reconnecting and no pool: a client is one conversation.
 */

import { connect as connectSocket, type Socket } from 'node:net'
import {
  type AskOptions,
  type ClientOptions,
  type ClientSettings,
  parseAskOptions,
  parseClientOptions,
} from './client-options.ts'
import { LancelotError } from './errors.ts'
import { FrameBuffer } from './protocol/frame-buffer.ts'
import type { Bytes } from './types.ts'

interface Question {
  readonly resolve: (answer: string) => void
  readonly reject: (error: LancelotError) => void
  readonly timer: NodeJS.Timeout
}

/**
 * Connects to a server.
 *
 * Rejects with the system's code (`ECONNREFUSED`, ...), `ERR_LANCELOT_CLIENT_TIMEOUT`,
 * `ERR_LANCELOT_CLIENT_CLOSED` if `signal` aborts, or `ERR_LANCELOT_OPTION_*`.
 */
export async function connect(options: ClientOptions = {}): Promise<Client> {
  const settings = parseClientOptions(options)
  return new Client(await openSocket(settings), settings)
}

/** One conversation with a server. `connect` makes it. */
class Client {
  readonly #socket: Socket
  readonly #settings: ClientSettings
  readonly #buffer: FrameBuffer
  readonly #terminator: string
  /** The questions that wait for an answer, oldest first. */
  readonly #waiting: Question[] = []
  /** The pieces that hold the start of an answer, for whoever is told that its end did not come. */
  #partial: Buffer[] = []
  /** Why no more can be asked. Set once. */
  #ended: LancelotError | undefined
  readonly #closed: Promise<void>

  constructor(socket: Socket, settings: ClientSettings) {
    this.#socket = socket
    this.#settings = settings
    this.#buffer = new FrameBuffer(settings.terminator, settings.answerBytesMax)
    this.#terminator = settings.terminator.toString()
    const abort = (): void => this.#fail(aborted(settings.signal))
    settings.signal?.addEventListener('abort', abort, { once: true })
    this.#closed = new Promise(resolve => {
      socket.once('close', () => {
        settings.signal?.removeEventListener('abort', abort)
        resolve()
      })
    })
    socket.on('data', piece => this.#take(piece))
    socket.on('end', () => this.#fail(closed('the server closed the connection')))
    socket.on('error', error => this.#fail(closed(`the connection broke: ${error.message}`, error)))
    if (settings.signal?.aborted) abort()
  }

  /**
   * Asks one question and returns its answer, terminator included, decoded as UTF-8.
   *
   * The question is sent as it is, so it brings its own delimiter. Asked without waiting for the
   * last answer, questions are pipelined; answers come in the order of the questions.
   *
   * Rejects with `ERR_LANCELOT_CLIENT_TIMEOUT` when the answer takes too long. That also closes the
   * connection: a late answer would pass for the answer to the next question. Every other question
   * that waits then, or when the server closes early, or when a server says what nobody asked, or
   * when an answer is longer than `answerBytesMax`, rejects with `ERR_LANCELOT_CLIENT_CLOSED`. Both
   * errors carry in `received` what had arrived of the answer.
   */
  ask(question: Bytes, options: AskOptions = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      const { timeoutMsMax } = parseAskOptions(options, this.#settings.timeoutMsMax)
      if (this.#ended) {
        reject(closed(`nothing can be asked any more: ${this.#ended.message}`, this.#ended))
        return
      }
      const timer = setTimeout(() => this.#timeOut(entry), timeoutMsMax)
      const entry: Question = { resolve, reject, timer }
      this.#waiting.push(entry)
      this.#socket.write(question)
    })
  }

  /**
   * Closes the connection, in order. Questions still waiting reject with
   * `ERR_LANCELOT_CLIENT_CLOSED`. Resolves once it is closed, which takes `timeoutMsMax` at most.
   */
  async close(): Promise<void> {
    this.#end(closed('the client was closed'))
    this.#socket.end()
    // A server sees a reset if what it sent stands unread, so this reads on until the server ends.
    const timer = setTimeout(() => this.#socket.destroy(), this.#settings.timeoutMsMax)
    await this.#closed
    clearTimeout(timer)
  }

  /** Closes it at the end of a block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #take(piece: Buffer): void {
    if (this.#ended) return
    this.#buffer.push(piece)
    this.#partial.push(piece)
    let verdict = this.#buffer.find()
    while (verdict === 'frame' && this.#waiting.length > 0) {
      const answer = this.#buffer.text('utf8') + this.#terminator
      this.#buffer.consume()
      const rest = this.#buffer.length
      this.#partial = rest > 0 ? [piece.subarray(piece.length - rest)] : []
      const question = this.#waiting.shift()
      clearTimeout(question?.timer)
      question?.resolve(answer)
      verdict = this.#buffer.find()
    }
    if (verdict === 'too-long') this.#fail(closed(`an answer is longer than ${this.#limit()}`))
    else if (this.#waiting.length === 0 && this.#buffer.length > 0) {
      this.#fail(closed('the server said what nobody asked'))
    }
  }

  #limit(): string {
    return `answerBytesMax (${this.#settings.answerBytesMax})`
  }

  #timeOut(late: Question): void {
    const message = 'the server did not answer in time; the connection is closed, for a late answer'
    const details = { received: this.#received(late) }
    late.reject(
      new LancelotError(
        'ERR_LANCELOT_CLIENT_TIMEOUT',
        `${message} would pass for the next one`,
        details,
      ),
    )
    this.#waiting.splice(this.#waiting.indexOf(late), 1)
    this.#fail(closed('an earlier question was not answered in time'))
  }

  /** Only the oldest question can have part of its answer. */
  #received(question: Question | undefined): Buffer {
    return question === this.#waiting[0] ? Buffer.concat(this.#partial) : Buffer.alloc(0)
  }

  #fail(why: LancelotError): void {
    this.#end(why)
    this.#socket.destroy()
  }

  #end(why: LancelotError): void {
    this.#ended ??= why
    const waiting = this.#waiting.splice(0)
    waiting.forEach(({ reject, timer }, index) => {
      clearTimeout(timer)
      const received = index === 0 ? Buffer.concat(this.#partial) : Buffer.alloc(0)
      const message = `the answer did not come: ${why.message}`
      reject(new LancelotError(why.code, message, { cause: why.cause ?? why, received }))
    })
    this.#partial = []
    this.#buffer.clear()
  }
}

export type { AskOptions, Client, ClientOptions }

function openSocket(settings: ClientSettings): Promise<Socket> {
  const { host, port, timeoutMsMax, signal } = settings
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(aborted(signal))
      return
    }
    const socket = connectSocket({ host, port, noDelay: true })
    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      socket.off('connect', succeed)
      socket.off('error', fail)
    }
    const fail = (error: Error): void => {
      settle()
      socket.on('error', () => {})
      socket.destroy()
      reject(error instanceof LancelotError ? error : notConnected(error, host, port))
    }
    const succeed = (): void => {
      settle()
      resolve(socket)
    }
    const abort = (): void => fail(aborted(signal))
    const timer = setTimeout(() => {
      const message = `connecting to ${host} port ${port} took longer than ${timeoutMsMax} ms`
      fail(new LancelotError('ERR_LANCELOT_CLIENT_TIMEOUT', message))
    }, timeoutMsMax)
    signal?.addEventListener('abort', abort, { once: true })
    socket.once('connect', succeed)
    socket.once('error', fail)
  })
}

/** The system's own error, with its code, and where it happened. */
function notConnected(cause: NodeJS.ErrnoException, host: string, port: number): LancelotError {
  const { code = 'ERR_LANCELOT_CLIENT_CLOSED', syscall, errno } = cause
  const why = code === 'ECONNREFUSED' ? 'no server listens there' : cause.message
  const message = `cannot connect to ${host} port ${port}: ${why}`
  return new LancelotError(code, message, {
    cause,
    ...(syscall !== undefined && { syscall }),
    ...(errno !== undefined && { errno }),
  })
}

function closed(message: string, cause?: unknown): LancelotError {
  return new LancelotError('ERR_LANCELOT_CLIENT_CLOSED', message, { cause })
}

function aborted(signal: AbortSignal | undefined): LancelotError {
  return closed('the signal aborted it', signal?.reason)
}
