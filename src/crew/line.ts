/**
 * One end of the line between a leader and a member: what this side has to say is gathered during
 * a turn of the event loop and posted in one message at its end, and what the other side has taken
 * is known.
 *
 * ```text
 *   add --> batch --post--> ... --receive--> take        what waits: added, and not yet heard of
 *             ^------------- heard -------------'        (counted by lane, see lanes.ts)
 * ```
 *
 * What was taken is acknowledged once it is much, with what else leaves then: so no event has a
 * message of its own, nor has an acknowledgement where both sides talk.
 *
 * Invariants: batches posted and not heard of are at most `batchesMax`, unless the line is being
 * finished; no lane is ever below 0. How much may wait in a lane is the user's to decide, before it
 * adds.
 */

import { type Load, newLoads, settleLoads, takeLoads, weigh } from './lanes.ts'
import type { Command, Heard, Lane, Report } from './messages.ts'

/** Taken since the last acknowledgement: at so much there is one. */
export const HEARD_BATCHES = 16
export const HEARD_MESSAGES = 64
export const HEARD_BYTES: number = 64 * 1024

/** What a line is made of. */
export interface LineEnds<Out, In> {
  /** Posts a batch to the other side. */
  post(batch: readonly Out[]): void
  /** Does what one message of the other side says. */
  take(message: Exclude<In, Heard>): void
  /**
   * A batch leaves; this may `add` to it, and put something before it. Returns whether what was
   * taken must be acknowledged with it.
   */
  leaving?(batch: Out[]): boolean
  /** The other side has taken something. */
  heard?(): void
  /**
   * Batches that may be on their way; more is held back, in one batch that grows. At least
   * `HEARD_BATCHES`. Default: any number.
   */
  readonly batchesMax?: number
}

/** This end. */
export class Line<Out extends Command | Report, In extends Command | Report> {
  readonly #ends: LineEnds<Out | Heard, In>
  readonly #batchesMax: number
  #batch: (Out | Heard)[] = []
  #isPlanned = false
  /** Whether a batch is held back. */
  #isHeld = false
  /** Posted, and not heard of. */
  #batches = 0
  readonly #waiting = newLoads()
  /** What was taken here and is not acknowledged. */
  readonly #taken = newLoads()
  #takenBatches = 0
  #takenMessages = 0
  #takenBytes = 0

  constructor(ends: LineEnds<Out | Heard, In>) {
    this.#ends = ends
    this.#batchesMax = ends.batchesMax ?? Number.POSITIVE_INFINITY
  }

  /** What was added and the other side has not taken. */
  waiting(lane: Lane): Readonly<Load> {
    return this.#waiting[lane]
  }

  /** Leaves with the turn. */
  add(message: Out): void {
    weigh(this.#waiting, message)
    this.#batch.push(message)
    this.plan()
  }

  /** Leaves now, with all that was added before; or once the other side has taken enough. */
  send(message: Out): void {
    weigh(this.#waiting, message)
    this.#batch.push(message)
    this.flush()
  }

  /** The last message of all: leaves now, whatever the other side has taken. */
  finish(message: Out): void {
    weigh(this.#waiting, message)
    this.#batch.push(message)
    this.#post()
  }

  /** What there is to say leaves with the turn. */
  plan(): void {
    if (this.#isPlanned) return
    this.#isPlanned = true
    setImmediate(() => {
      this.#isPlanned = false
      this.flush()
    })
  }

  flush(): void {
    this.#isHeld = this.#batches >= this.#batchesMax
    if (!this.#isHeld) this.#post()
  }

  /** Takes a batch of the other side, and says so soon. */
  receive(batch: readonly In[]): void {
    for (const message of batch) {
      this.#takenBytes += weigh(this.#taken, message)
      if (message[0] === 'heard') this.#settle(message)
      else this.#ends.take(message as Exclude<In, Heard>)
    }
    this.#takenBatches += 1
    this.#takenMessages += batch.length
    if (this.#isHeardDue()) this.plan()
  }

  #post(): void {
    const isWanted = this.#ends.leaving?.(this.#batch) === true
    const batch = this.#batch
    this.#batch = []
    if ((isWanted && this.#takenBatches > 0) || this.#isHeardDue()) {
      // First, for it makes room for what is asked next.
      batch.unshift(['heard', this.#takenBatches, takeLoads(this.#taken)])
      this.#takenBatches = 0
      this.#takenMessages = 0
      this.#takenBytes = 0
    }
    if (batch.length === 0) return
    this.#batches += 1
    this.#ends.post(batch)
  }

  #isHeardDue(): boolean {
    return (
      this.#takenBatches >= HEARD_BATCHES ||
      this.#takenMessages >= HEARD_MESSAGES ||
      this.#takenBytes >= HEARD_BYTES
    )
  }

  #settle([, batches, taken]: Heard): void {
    this.#batches -= batches
    settleLoads(this.#waiting, taken)
    if (this.#isHeld) this.plan()
    this.#ends.heard?.()
  }
}
