/** A Worker that works while this thread is blocked, and the shared memory between the two. */

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** No test that passes waits a tenth of it. */
const BLOCKED_MS_MAX = 60_000

/** What a helper said: 0 is nothing. */
export class HelperThread {
  readonly #worker: Worker
  readonly #words: Int32Array

  private constructor(worker: Worker, words: Int32Array) {
    this.#worker = worker
    this.#words = words
  }

  /** Starts a script of `children/`; it waits for the word to begin. */
  static async start(script: string, data: Record<string, unknown>): Promise<HelperThread> {
    const state = new SharedArrayBuffer(8)
    // It is plain JavaScript, and needs none of what this process was started with.
    const worker = new Worker(new URL(`children/${script}`, import.meta.url), {
      workerData: { ...data, state },
      execArgv: [],
    })
    await once(worker, 'message')
    return new HelperThread(worker, new Int32Array(state))
  }

  /** Lets it begin, and blocks this thread, asleep, until it is done. */
  sleepUntilDone(): number {
    this.begin()
    Atomics.wait(this.#words, 1, 0, BLOCKED_MS_MAX)
    return Atomics.load(this.#words, 1)
  }

  /** Lets it begin, and blocks this thread, busy, until it is done. */
  spinUntilDone(): number {
    this.begin()
    const startedMs = performance.now()
    while (Atomics.load(this.#words, 1) === 0) {
      if (performance.now() - startedMs > BLOCKED_MS_MAX) break
    }
    return Atomics.load(this.#words, 1)
  }

  begin(): void {
    Atomics.store(this.#words, 0, 1)
    Atomics.notify(this.#words, 0)
  }

  async ended(): Promise<void> {
    await this.#worker.terminate()
  }
}
