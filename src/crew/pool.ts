/**
 * A pool of threads for a handler that blocks: requests go to the thread that has the fewest, and a
 * thread that runs out takes back half of what another has not begun. So a handler that blocks
 * keeps waiting only what it is called with.
 *
 * Knows nothing of sockets and loops: it is a handler, whose promises are rejected with
 * `FailedElsewhere`. A thread that dies fails the requests that it had begun, as if their handlers
 * had thrown; the others go to other threads, and it is replaced, one a second.
 */

import { FailedElsewhere, handlerError } from '../ask-handler.ts'
import type { LancelotError } from '../errors.ts'
import type { ServerSettings } from '../options.ts'
import type { Connection, Decoded, Response } from '../types.ts'
import { workerError } from './crew-errors.ts'
import { packDecoded, type Reply, unpack, unpackError } from './messages.ts'
import type { PoolReport } from './pool-messages.ts'
import { type PoolTask, PoolWorker, type PoolWorkerHost } from './pool-worker.ts'
import { Replacements } from './replacements.ts'

/** Tickets are positive and fit the claims. */
const TICKET_MAX = 2 ** 31 - 1

interface Waiting {
  readonly connection: Connection
  readonly bytes: number
  resolve(response: Response): void
  reject(failure: FailedElsewhere): void
}

type Act = Extract<PoolReport, readonly ['act', ...unknown[]]>

/** The threads of one server. */
export class Pool implements PoolWorkerHost {
  readonly #settings: ServerSettings
  readonly #failed: (error: LancelotError) => void
  readonly #workers = new Set<PoolWorker>()
  readonly #waiting = new Map<number, Waiting>()
  /** Of requests that wait, those that were given up too. */
  #waitingBytes = 0
  readonly #known = new Map<number, WeakRef<Connection>>()
  readonly #forgetter = new FinalizationRegistry<number>(id => this.#known.delete(id))
  readonly #replacements = new Replacements(() => this.#add())
  #queue: PoolTask[] = []
  #isPlanned = false
  #lastTicket = 0
  #isRef = true
  #isStarted = false
  #isEnded = false
  /** By threads that have ended, and for connections that are gone. */
  #pushesDropped = 0

  /** `failed` is told of threads that died. */
  constructor(settings: ServerSettings, failed: (error: LancelotError) => void) {
    this.#settings = settings
    this.#failed = failed
  }

  /** Starts the threads. Rejects with why the module cannot be used; then nothing is left. */
  async start(count: number): Promise<this> {
    try {
      for (let number = 0; number < count; number++) this.#add()
      await Promise.all([...this.#workers].map(worker => worker.ready))
      this.#isStarted = true
      return this
    } catch (error) {
      await this.end()
      throw error
    }
  }

  /** The handler that a server is given. */
  readonly handle = (request: Decoded, connection: Connection): Promise<Response> => {
    return new Promise((resolve, reject) => {
      const { inFlightServerMax, inFlightBytesMax } = this.#settings
      const isFull = this.#waiting.size >= 2 * inFlightServerMax
      if (isFull || this.#waitingBytes >= 2 * inFlightBytesMax) {
        reject(threw(connection, 'has no room: its threads are busy with requests given up'))
        return
      }
      const ticket = this.#nextTicket()
      const packed = packDecoded(request)
      this.#waiting.set(ticket, { connection, bytes: packed.length, resolve, reject })
      this.#waitingBytes += packed.length
      this.#queue.push({ ticket, request: packed, connection })
      this.#plan()
    })
  }

  setRef(isRef: boolean): void {
    this.#isRef = isRef
    for (const worker of this.#workers) worker.setRef(isRef)
    this.#replacements.setRef(isRef)
  }

  /** Ends the threads, whatever they are doing. */
  async end(): Promise<void> {
    this.#isEnded = true
    this.#replacements.end()
    await Promise.all([...this.#workers].map(worker => worker.end()))
  }

  /** Pushes of handlers that no loop was told of. */
  get pushesDropped(): number {
    for (const worker of this.#workers) this.#pushesDropped += worker.takeRefused()
    return this.#pushesDropped
  }

  heard(worker: PoolWorker, report: PoolReport): void {
    if (report[0] === 'act') this.#act(worker, report)
    else if (report[0] === 'ready' || report[0] === 'passed') this.#dispatch()
    else if (report[0] !== 'unfit') {
      this.#settle(worker, report)
      this.#share(worker)
      if (this.#queue.length > 0) this.#plan()
    }
  }

  ended(worker: PoolWorker, how: string): void {
    this.#workers.delete(worker)
    this.#pushesDropped += worker.takeRefused()
    if (this.#isEnded) return
    for (const { task, isBegun } of worker.left()) {
      if (isBegun)
        this.#take(task.ticket)?.reject(threw(task.connection, `lost its thread: ${how}`))
      else this.#queue.push(task)
    }
    if (!this.#isStarted) return
    this.#failed(workerError(worker.name, how, '; it is replaced'))
    this.#replacements.add()
    this.#plan()
  }

  #add(): void {
    const { handlerModule, encoding, answerBytesMax } = this.#settings
    const href = (handlerModule as URL).href
    const worker = new PoolWorker({ handlerModule: href, encoding, answerBytesMax }, this)
    if (!this.#isRef) worker.setRef(false)
    this.#workers.add(worker)
  }

  /** What is asked in one go crosses together. */
  #plan(): void {
    if (this.#isPlanned) return
    this.#isPlanned = true
    process.nextTick(() => {
      this.#isPlanned = false
      this.#dispatch()
    })
  }

  #dispatch(): void {
    const queue = this.#queue
    this.#queue = []
    for (const [at, task] of queue.entries()) {
      const worker = this.#leastLoaded()
      if (worker === undefined) {
        this.#queue = queue.slice(at)
        break
      }
      worker.give(task)
    }
    for (const worker of this.#workers) worker.flush()
  }

  #leastLoaded(): PoolWorker | undefined {
    let least: PoolWorker | undefined
    for (const worker of this.#workers) {
      if (!worker.isReady || worker.isFull) continue
      if (least === undefined || worker.load < least.load) least = worker
    }
    return least
  }

  /** A thread that has begun all that it has gets something of the one that has the most. */
  #share(idle: PoolWorker): void {
    if (!idle.isReady || !idle.isIdle) return
    let most: PoolWorker | undefined
    for (const worker of this.#workers) {
      if (worker === idle || worker.isIdle) continue
      if (most === undefined || worker.load > most.load) most = worker
    }
    if (most === undefined) return
    for (const task of most.takeBack()) {
      if (idle.isFull) this.#queue.push(task)
      else idle.give(task)
    }
    idle.flush()
  }

  #settle(
    worker: PoolWorker,
    report: Extract<PoolReport, readonly ['answered' | 'ended', ...unknown[]]>,
  ): void {
    const task = worker.finish(report[1])
    const waiting = this.#take(report[1])
    if (task === undefined || waiting === undefined) return
    if (report[0] === 'answered') waiting.resolve(unpack(report[2]))
    else if (report[3] === undefined) waiting.resolve(null)
    else waiting.reject(new FailedElsewhere(report[2], unpackError(report[3])))
  }

  #take(ticket: number): Waiting | undefined {
    const waiting = this.#waiting.get(ticket)
    if (waiting === undefined) return undefined
    this.#waiting.delete(ticket)
    this.#waitingBytes -= waiting.bytes
    this.#remember(waiting.connection)
    return waiting
  }

  /** Its handler may want something of it later, but does not keep it. */
  #remember(connection: Connection): void {
    if (this.#known.has(connection.id)) return
    this.#known.set(connection.id, new WeakRef(connection))
    this.#forgetter.register(connection, connection.id)
  }

  #find(id: number): Connection | undefined {
    const known = this.#known.get(id)?.deref()
    if (known !== undefined) return known
    for (const { connection } of this.#waiting.values()) if (connection.id === id) return connection
    return undefined
  }

  #act(worker: PoolWorker, [, id, act, ticket, argument = '']: Act): void {
    const connection = this.#find(id)
    if (act === 'close' || act === 'pause' || act === 'resume') {
      connection?.[act]()
      worker.reply(['replied', ticket, undefined])
      return
    }
    const bytes = act === 'send' ? unpack(argument) : undefined
    if (act === 'send' && connection === undefined) this.#pushesDropped += 1
    const done =
      act === 'send' ? connection?.send(bytes as Buffer) : this.#ask(connection, act, argument)
    const reply = (value: Reply): void => worker.reply(['replied', ticket, value])
    void Promise.resolve(done).then(
      value => reply(value ?? undefined),
      () => reply(undefined),
    )
  }

  #ask(
    connection: Connection | undefined,
    act: 'join' | 'leave' | 'stats',
    group: string,
  ): Promise<Reply> | undefined {
    return act === 'stats' ? connection?.stats() : connection?.[act](group)
  }

  #nextTicket(): number {
    this.#lastTicket = this.#lastTicket === TICKET_MAX ? 1 : this.#lastTicket + 1
    return this.#lastTicket
  }
}

/** As if the handler had thrown. */
function threw(connection: Connection, what: string): FailedElsewhere {
  return new FailedElsewhere('handler-threw', handlerError(connection, what))
}
