/**
 * One thread of a pool, as the pool sees it: which requests it has, and which of them it has not
 * begun and can be taken back.
 */

import { Worker } from 'node:worker_threads'
import type { Connection } from '../types.ts'
import { workerError } from './crew-errors.ts'
import { entryUrl } from './entries.ts'
import { type PackedRequest, unpackError } from './messages.ts'
import {
  COUNTS,
  FREE,
  type PoolCommand,
  type PoolReport,
  type PoolRequest,
  type PoolStart,
  SLOTS,
  UNTAKEN_BYTES_MAX,
  UNTAKEN_MAX,
} from './pool-messages.ts'

/** A request that somebody waits for. */
export interface PoolTask {
  readonly ticket: number
  readonly request: PackedRequest
  readonly connection: Connection
}

interface Given {
  readonly task: PoolTask
  readonly slot: number
}

/** What a worker tells the pool. */
export interface PoolWorkerHost {
  heard(worker: PoolWorker, report: PoolReport): void
  ended(worker: PoolWorker, how: string): void
}

/** A thread. */
export class PoolWorker {
  /** What it is, for an error. */
  readonly name: string
  readonly ready: Promise<void>
  isReady = false
  readonly #worker: Worker
  readonly #claims = sharedWords(SLOTS)
  readonly #counts = sharedWords(Object.keys(COUNTS).length)
  readonly #free: number[] = Array.from({ length: SLOTS }, (_, slot) => slot)
  readonly #given = new Map<number, Given>()
  /** Given and perhaps not begun, in order: a thread begins the first one first. */
  #unbegun: Given[] = []
  #batch: PoolCommand[] = []
  /** Requests that were posted, and their bytes; modulo 2 ** 32. */
  #posted = 0
  #postedBytes = 0

  constructor(start: Omit<PoolStart, 'claims' | 'counts'>, host: PoolWorkerHost) {
    this.#worker = new Worker(entryUrl('pool-thread'), {
      workerData: { ...start, claims: this.#claims, counts: this.#counts },
    })
    const worker = this.#worker
    // Asked for now: one that has ended has no number any more.
    this.name = `the pool's thread ${worker.threadId}`
    let how: string | undefined
    this.ready = new Promise((resolve, reject) => {
      worker.on('message', (report: PoolReport) => {
        if (report[0] === 'ready') {
          this.isReady = true
          resolve()
        }
        if (report[0] === 'unfit') reject(unpackError(report[1]))
        host.heard(this, report)
      })
      worker.once('error', error => {
        how = error.message
      })
      worker.once('exit', code => {
        this.isReady = false
        const reason = how ?? `exit code ${code}`
        reject(workerError(this.name, reason, ''))
        host.ended(this, reason)
      })
    })
    this.ready.catch(() => {})
  }

  /** How many requests it has. */
  get load(): number {
    return this.#given.size
  }

  get isFull(): boolean {
    return (
      this.#free.length === 0 ||
      this.#untaken(COUNTS.taken, this.#posted) >= UNTAKEN_MAX ||
      this.#untaken(COUNTS.takenBytes, this.#postedBytes) >= UNTAKEN_BYTES_MAX
    )
  }

  /** Whether it has begun all that it has. */
  get isIdle(): boolean {
    const last = this.#unbegun.at(-1)
    if (last !== undefined && this.#isUnbegun(last)) return false
    this.#unbegun = []
    return true
  }

  /** Leaves with the next `flush`. Only where it is not full. */
  give(task: PoolTask): void {
    const slot = this.#free.pop() as number
    const given = { task, slot }
    this.#given.set(task.ticket, given)
    if (this.#unbegun.length >= 2 * SLOTS) {
      this.#unbegun = this.#unbegun.filter(one => this.#isUnbegun(one))
    }
    this.#unbegun.push(given)
    Atomics.store(this.#claims, slot, task.ticket)
    this.#posted = (this.#posted + 1) | 0
    this.#postedBytes = (this.#postedBytes + task.request.length) | 0
    const { id, remoteAddress, remotePort, openedAtMs } = task.connection
    const who = { id, remoteAddress, remotePort, openedAtMs }
    const asked: PoolRequest = ['ask', task.ticket, slot, task.request, who]
    this.#batch.push(asked)
  }

  /** Takes back half of what it has not begun, the newest first. */
  takeBack(): PoolTask[] {
    const taken: PoolTask[] = []
    const wanted = Math.ceil(this.#unbegun.length / 2)
    while (taken.length < wanted) {
      const given = this.#unbegun.pop()
      if (given === undefined) break
      const { task, slot } = given
      const { ticket } = task
      if (this.#given.get(ticket) !== given) continue
      if (Atomics.compareExchange(this.#claims, slot, ticket, FREE) !== ticket) break
      this.#forget(given)
      taken.push(task)
    }
    return taken
  }

  /** What it had is done. Undefined: it had no such request. */
  finish(ticket: number): PoolTask | undefined {
    const given = this.#given.get(ticket)
    if (given !== undefined) this.#forget(given)
    return given?.task
  }

  /** All that it has, each with whether its handler was called; for one that is dead. */
  *left(): Generator<{ task: PoolTask; isBegun: boolean }> {
    for (const given of this.#given.values()) {
      yield { task: given.task, isBegun: !this.#isUnbegun(given) }
    }
  }

  /** How many pushes it has refused since this was asked last. */
  takeRefused(): number {
    return Atomics.exchange(this.#counts, COUNTS.pushesRefused, 0)
  }

  reply(command: PoolCommand): void {
    this.#worker.postMessage([command])
  }

  flush(): void {
    if (this.#batch.length === 0) return
    this.#worker.postMessage(this.#batch)
    this.#batch = []
  }

  setRef(isRef: boolean): void {
    if (isRef) this.#worker.ref()
    else this.#worker.unref()
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  /** How much of what was posted it has not taken. */
  #untaken(place: number, posted: number): number {
    return (posted - Atomics.load(this.#counts, place)) | 0
  }

  #isUnbegun({ task, slot }: Given): boolean {
    return Atomics.load(this.#claims, slot) === task.ticket
  }

  #forget({ task, slot }: Given): void {
    this.#given.delete(task.ticket)
    Atomics.store(this.#claims, slot, FREE)
    this.#free.push(slot)
  }
}

function sharedWords(count: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT))
}
