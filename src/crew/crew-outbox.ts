/**
 * What a leader wants of one member: commands, within bounds, and the replies that somebody waits
 * for.
 *
 * A member may block. Pushes that it has not taken are bounded by their bytes; more are refused. So
 * are changes of the table, by their bytes and their number; but no change may be lost, so past the
 * bound nothing is said of changes until it has taken those, and then all of the table.
 * Responses are bounded by the requests that it may have in flight.
 *
 * Invariant: of each push, and of each response, taken + dropped = given.
 */

import { bytesOf } from './lanes.ts'
import { Line } from './line.ts'
import type { Change, Command, Heard, PackedAnswer, Question, Reply, Report } from './messages.ts'

/** Bytes of pushes that a member may not have taken, as for a loop of the native engine. */
export const PUSH_BYTES_QUEUED_MAX: number = 64 * 1024 * 1024
/** Changes of the table, and their bytes. */
export const CHANGES_QUEUED_MAX: number = 16_384
export const CHANGE_BYTES_QUEUED_MAX: number = 64 * 1024 * 1024

/** Whom an outbox works for. */
export interface OutboxHost {
  post(batch: readonly Command[]): void
  take(report: Exclude<Report, Heard>): void
  /** All of the table, as it is. */
  answers(): readonly PackedAnswer[]
  /** So many pushes, or responses, did not reach anybody. */
  dropped(what: 'pushesDropped' | 'responsesDropped', count: number): void
}

interface Ticket {
  readonly isPush: boolean
  resolve(reply: Reply): void
}

/** The way to one member. */
export class CrewOutbox {
  readonly #line: Line<Command, Report>
  readonly #host: OutboxHost
  readonly #tickets = new Map<number, Ticket>()
  #lastTicket = 0
  /** Whether changes of the table were not said. */
  #isStale = false
  #isEnded = false

  constructor(host: OutboxHost) {
    this.#host = host
    this.#line = new Line<Command, Report>({
      post: batch => host.post(batch),
      take: report => host.take(report),
      heard: () => this.#refresh(),
    })
  }

  /** A batch of the member came. */
  receive(batch: readonly Report[]): void {
    this.#line.receive(batch)
  }

  /** Leaves with the turn. */
  tell(command: Command): void {
    if (!this.#isEnded) this.#line.add(command)
  }

  /** Leaves at once, with all that was told before. */
  tellNow(command: Command): void {
    if (!this.#isEnded) this.#line.send(command)
  }

  /** What was told leaves at once. */
  flush(): void {
    this.#line.flush()
  }

  /** Changes the member's table: now, or once it has taken the changes before. */
  change(change: Change): void {
    if (this.#isStale || this.#isEnded) return
    const { count, bytes } = this.#line.waiting('changes')
    const isRoom = count < CHANGES_QUEUED_MAX && bytes + bytesOf(change) <= CHANGE_BYTES_QUEUED_MAX
    // One that is over the bound by itself is taken where nothing else waits.
    if (isRoom || count === 0) this.#line.send(change)
    else this.#isStale = true
  }

  /** Resolves to what the member replies; undefined if it does not. */
  ask(command: (ticket: number) => Question): Promise<Reply> {
    this.#lastTicket += 1
    const ticket = this.#lastTicket
    const question = command(ticket)
    const isPush = question[0] === 'send' || question[0] === 'broadcast'
    const bytes = bytesOf(question)
    const isRoom = this.#line.waiting('pushes').bytes + bytes <= PUSH_BYTES_QUEUED_MAX
    if (this.#isEnded || (bytes > 0 && !isRoom)) {
      if (isPush) this.#host.dropped('pushesDropped', 1)
      return Promise.resolve(undefined)
    }
    this.#line.add(question)
    return new Promise(resolve => this.#tickets.set(ticket, { isPush, resolve }))
  }

  /** The member replied. */
  settle(ticket: number, reply: Reply): void {
    this.#tickets.get(ticket)?.resolve(reply)
    this.#tickets.delete(ticket)
  }

  /** The member takes nothing any more: what it has not taken has reached nobody. */
  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    let pushes = 0
    for (const { isPush, resolve } of this.#tickets.values()) {
      if (isPush) pushes += 1
      resolve(undefined)
    }
    this.#tickets.clear()
    if (pushes > 0) this.#host.dropped('pushesDropped', pushes)
    const responses = this.#line.waiting('responses').count
    if (responses > 0) this.#host.dropped('responsesDropped', responses)
  }

  /** Says all of the table, once the member has taken what was said of it. */
  #refresh(): void {
    if (!this.#isStale || this.#isEnded || this.#line.waiting('changes').count > 0) return
    this.#isStale = false
    this.#line.send(['replace', this.#host.answers()])
  }
}
