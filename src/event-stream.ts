/**
 * A bounded queue of events between who tells them and one reader, as an async iterator.
 *
 * Knows nothing of servers. Invariant: nobody waits while something is queued; the lost were told
 * after everything that is queued, and are announced before anything that comes later.
 */

/** What is read where events were lost. */
export interface Dropped {
  type: 'dropped'
  /** How many came between the event before this one and the event after it. */
  count: number
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** How a stream is bounded and ended. */
export interface EventStreamOptions<Stream> {
  /** Events that may be queued; later ones are dropped. */
  queuedMax: number
  /** Aborting it ends the stream at once. */
  signal: AbortSignal | undefined
  /** Called once, when the stream takes no more events; maybe while it is made. */
  ended(stream: Stream): void
}

/** The events of one reader, in order. Several calls of `next` may wait at once. */
export class EventStream<Event extends object> implements AsyncIterableIterator<Event | Dropped> {
  readonly #options: EventStreamOptions<EventStream<Event>>
  /** Two arrays in turn: one is read from its head, what comes is put on the other. */
  #queue: (Event | Dropped | undefined)[] = []
  #head = 0
  #incoming: (Event | Dropped)[] = []
  /** Without those that announce a loss. */
  #queuedCount = 0
  /** Lost since the last event that was queued. */
  #lostCount = 0
  /** Which of the queued announce a loss; each stands before an event. */
  readonly #losses = new Set<Event | Dropped>()
  #waiting: ((result: IteratorResult<Event | Dropped, undefined>) => void)[] = []
  #isEnded = false

  constructor(options: EventStreamOptions<EventStream<Event>>) {
    this.#options = options
    const { signal } = options
    signal?.addEventListener('abort', this.#abort, { once: true })
    if (signal?.aborted) this.#abort()
  }

  /** Whether it takes no more. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Queues an event, or hands it to who waits. Whether it was taken, and not dropped. */
  push(event: Event): boolean {
    if (this.#isEnded) return false
    const resolve = this.#waiting.shift()
    if (resolve !== undefined) {
      resolve({ done: false, value: event })
      return true
    }
    if (this.#queuedCount >= this.#options.queuedMax) {
      this.#lostCount += 1
      return false
    }
    if (this.#lostCount > 0) {
      const lost = this.#takeLost()
      this.#losses.add(lost)
      this.#incoming.push(lost)
    }
    this.#incoming.push(event)
    this.#queuedCount += 1
    return true
  }

  /** Takes no more; what is queued can still be read. */
  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#options.signal?.removeEventListener('abort', this.#abort)
    for (const resolve of this.#waiting.splice(0)) resolve(DONE)
    this.#options.ended(this)
  }

  next(): Promise<IteratorResult<Event | Dropped, undefined>> {
    const value = this.#take()
    if (value !== undefined) return Promise.resolve({ done: false, value })
    if (this.#isEnded) return Promise.resolve(DONE)
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  /** Ends the stream and drops what is queued: what `break` does. */
  return(): Promise<IteratorResult<Event | Dropped, undefined>> {
    this.#abort()
    return Promise.resolve(DONE)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  readonly #abort = (): void => {
    this.#queue = []
    this.#incoming = []
    this.#losses.clear()
    this.#head = 0
    this.#queuedCount = 0
    this.#lostCount = 0
    this.end()
  }

  #take(): Event | Dropped | undefined {
    if (this.#head === this.#queue.length) {
      const read = this.#queue
      read.length = 0
      this.#queue = this.#incoming
      this.#incoming = read as Event[]
      this.#head = 0
    }
    if (this.#queue.length === 0) return this.#lostCount > 0 ? this.#takeLost() : undefined
    const next = this.#queue[this.#head]
    // What was read must not be kept alive by the rest.
    this.#queue[this.#head] = undefined
    this.#head += 1
    if (next !== undefined && !this.#losses.delete(next)) this.#queuedCount -= 1
    return next
  }

  #takeLost(): Dropped {
    const lost: Dropped = { type: 'dropped', count: this.#lostCount }
    this.#lostCount = 0
    return lost
  }
}
