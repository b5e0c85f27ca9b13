/**
 * The exchanges of one connection: who answers each request, and what is counted and told of it.
 *
 * Responses go into the connection's pipeline, which keeps their order. When to take a request, and
 * what an end means for the connection, is `connection.ts`.
 */

import type { CloseCode } from '../errors.ts'
import type { TableAnswer } from './answers.ts'
import type { FrameBuffer } from './frame-buffer.ts'
import type { Pipeline } from './pipeline.ts'
import { hasRoom, type Shared } from './shared.ts'
import { type Task, Tasks } from './tasks.ts'

/**
 * What became of a request: it was taken; it needs a handler, which has no room, and was left; or
 * it was taken and is the last one, for this reason.
 */
export type Taken = 'taken' | 'no-room' | CloseCode

/** The requests and responses of one connection. */
export class Exchanges {
  readonly #shared: Shared
  readonly #pipeline: Pipeline
  readonly #tasks = new Tasks()
  #count = 0

  constructor(shared: Shared, pipeline: Pipeline) {
    this.#shared = shared
    this.#pipeline = pipeline
  }

  /** Requests taken. */
  get count(): number {
    return this.#count
  }

  /** Takes the request that was found at the front. */
  take(frames: FrameBuffer, now: number): Taken {
    const { answers, routes, tally, interest } = this.#shared
    const key = frames.text('latin1')
    const answer = answers.find(key)
    const route = answer === undefined ? routes.find(key) : undefined
    if (route !== undefined && !hasRoom(this.#shared)) return 'no-room'
    this.#count += 1
    tally.requests += 1
    if (route !== undefined || interest.requested) this.#tell(frames, key, route)
    frames.consume()
    if (answer !== undefined) return this.#answer(answer)
    if (route === undefined) return this.#answerUnknown()
    this.#pipeline.ask(this.#count, now, key.length)
    tally.inFlight += 1
    tally.inFlightBytes += key.length
    return 'taken'
  }

  /** The handler's response or end of the connection. Whether anybody still waited for it. */
  respond(number: number, response: Buffer | CloseCode): boolean {
    const { tally, settings, interest } = this.#shared
    if (!this.#pipeline.isWaiting(number)) {
      tally.responsesDropped += 1
      return false
    }
    const { waiting, waitingBytes } = this.#pipeline
    if (typeof response === 'string') {
      this.#pipeline.close(number, response)
    } else {
      this.#pipeline.fill(number, append(response, settings.answerSuffix))
      tally.handled += 1
      if (interest.responded) this.#tasks.add({ kind: 'response', number, response })
    }
    tally.inFlight -= waiting - this.#pipeline.waiting
    tally.inFlightBytes -= waitingBytes - this.#pipeline.waitingBytes
    return true
  }

  /** What there is to tell next, oldest first. */
  takeTask(): Task | undefined {
    for (;;) {
      const task = this.#tasks.take()
      if (task?.kind !== 'request' || task.route === undefined) return task
      if (this.#pipeline.isWaiting(task.number)) return task
      // The handler would answer in vain, but the request was taken.
      if (this.#shared.interest.requested) return { ...task, route: undefined }
    }
  }

  /** Nothing is owed any more. What happened before is still told. */
  abandon(): void {
    const { tally } = this.#shared
    tally.inFlight -= this.#pipeline.waiting
    tally.inFlightBytes -= this.#pipeline.waitingBytes
    this.#pipeline.clear()
  }

  /** Leaves a request to the driver. */
  #tell(frames: FrameBuffer, key: string, route: number | undefined): void {
    const { encoding } = this.#shared.settings
    const request = encoding === 'latin1' ? key : frames.decode(encoding)
    this.#tasks.add({ kind: 'request', number: this.#count, request, route })
  }

  #answer({ bytes, wire, close }: TableAnswer): Taken {
    const { tally, interest } = this.#shared
    this.#pipeline.push(wire)
    tally.answered += 1
    if (interest.responded) this.#show(bytes)
    return close ? 'answer-close' : 'taken'
  }

  #answerUnknown(): Taken {
    const { settings, tally, interest } = this.#shared
    const { unknownAnswer, answerSuffix } = settings
    if (unknownAnswer === null) return 'unknown-request'
    this.#pipeline.push(append(unknownAnswer, answerSuffix))
    tally.unknown += 1
    if (interest.responded) this.#show(unknownAnswer)
    return 'taken'
  }

  #show(response: Buffer): void {
    this.#tasks.add({ kind: 'response', number: this.#count, response })
  }
}

function append(response: Buffer, suffix: Buffer): Buffer {
  return suffix.length > 0 ? Buffer.concat([response, suffix]) : response
}
