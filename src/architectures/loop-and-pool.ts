/**
 * Native event loops for all I/O, and a pool of worker threads for handlers that block.
 *
 * The loops are those of `poll`. The handler must be a module (`handlerModule`), which each thread
 * imports; requests for it cross to the threads in batches, and one that blocks keeps only its own
 * thread (`crew/pool.ts`). A handler that is a function, and routes, run on the main thread as
 * they do with `poll`, for a function cannot cross; there is no pool then.
 */

import { Pool } from '../crew/pool.ts'
import { startNative } from '../native-driver.ts'
import type { ServerSettings } from '../options.ts'
import type { AnswerStore } from '../protocol/answers.ts'
import type { Address, Connection, Stats, StopSummary } from '../types.ts'
import type { Architecture, Driver, Interest, Observer } from './architecture.ts'

const WORKERS = 4

/** Loops for sockets, threads for handlers. */
export const loopAndPool: Architecture = {
  name: 'loop-and-pool',
  summary: 'native event loops for I/O, worker threads for handlers that block',
  workers: WORKERS,
  runsHandlerModule: true,
  start,
}

async function start(settings: ServerSettings, observer: Observer): Promise<Driver> {
  const design = { name: 'poll', loops: settings.loops } as const
  if (settings.handlerModule === undefined) return startNative(design, settings, observer)
  const pool = new Pool(settings, error => observer.failed(error))
  await pool.start(settings.workers ?? WORKERS)
  try {
    const handler = pool.handle
    return new PooledDriver(await startNative(design, { ...settings, handler }, observer), pool)
  } catch (error) {
    await pool.end()
    throw error
  }
}

/** A native driver whose handler is a pool. */
class PooledDriver implements Driver {
  readonly address: Address
  readonly answers: AnswerStore
  readonly #loops: Driver
  readonly #pool: Pool

  constructor(loops: Driver, pool: Pool) {
    this.address = loops.address
    this.answers = loops.answers
    this.#loops = loops
    this.#pool = pool
  }

  observe(interest: Interest): void {
    this.#loops.observe(interest)
  }

  stats(): Stats {
    const stats = this.#loops.stats()
    return { ...stats, pushesDropped: stats.pushesDropped + this.#pool.pushesDropped }
  }

  connections(): AsyncIterableIterator<Connection> {
    return this.#loops.connections()
  }

  broadcast(bytes: Buffer, group: string | undefined): Promise<number> {
    return this.#loops.broadcast(bytes, group)
  }

  ref(): void {
    this.#loops.ref()
    this.#pool.setRef(true)
  }

  unref(): void {
    this.#loops.unref()
    this.#pool.setRef(false)
  }

  async stop(drainMsMax: number): Promise<StopSummary> {
    const summary = await this.#loops.stop(drainMsMax)
    await this.#pool.end()
    return summary
  }
}
