/**
 * What one side has to say to the other: gathered during a turn of the event loop, and posted in
 * one message at its end.
 */

/** Posts a batch. */
export type Post<Item> = (batch: readonly Item[]) => void

/** The outgoing side of one line. */
export class Outbox<Item> {
  readonly #post: Post<Item>
  /** Told before a batch leaves; it may still add to it. */
  readonly #leaving: (batch: Item[]) => void
  #batch: Item[] = []
  #isPlanned = false

  constructor(post: Post<Item>, leaving: (batch: Item[]) => void = () => {}) {
    this.#post = post
    this.#leaving = leaving
  }

  /** Leaves with the turn. */
  add(item: Item): void {
    this.#batch.push(item)
    if (this.#isPlanned) return
    this.#isPlanned = true
    setImmediate(() => this.flush())
  }

  /** Leaves now, with all that was added before. */
  send(item: Item): void {
    this.#batch.push(item)
    this.flush()
  }

  flush(): void {
    this.#isPlanned = false
    if (this.#batch.length === 0) return
    const batch = this.#batch
    this.#batch = []
    this.#leaving(batch)
    this.#post(batch)
  }
}
