/**
 * What a member tells its leader of: events, within a bound, ends of connections, and counters.
 *
 * A leader may sleep. So events that it has not taken are bounded; more are dropped, counted and
 * announced. Who was told of a beginning is told of the end, whatever is dropped in between; a
 * connection whose beginning was dropped is _missed_: nothing is told of it (docs/decisions/0016).
 * Invariant: of each event that was wanted, told + dropped = 1.
 *
 * Counters are reported when they changed: with every batch that needs them, so that they are final
 * when it is read, and otherwise after at most `COUNT_MS`.
 */

import { type Interest, NO_INTEREST, type Observer } from '../architectures/architecture.ts'
import type { LancelotError } from '../errors.ts'
import type { Connection, ConnectionSummary, Decoded, OverloadReason, Stats } from '../types.ts'
import { Line } from './line.ts'
import {
  type Command,
  type Heard,
  type Meeting,
  packDecoded,
  packError,
  type Report,
} from './messages.ts'

/** Events that a leader may not have taken, as for a loop of the native engine. */
export const EVENTS_QUEUED_MAX = 65_536
/** Bytes of their text. */
export const EVENT_BYTES_QUEUED_MAX: number = 16 * 1024 * 1024
/** Batches on their way: enough that a leader who is awake is never waited for. */
const BATCHES_MAX = 32
/** How long changed counters may wait to be reported. */
const COUNT_MS = 10

/** These need the counters as they are. */
const COUNTED: ReadonlySet<Report[0]> = new Set(['met', 'closed', 'took', 'dropped', 'stopped'])

/** Whom a reporter works for. */
export interface ReporterHost {
  post(batch: readonly Report[]): void
  take(command: Exclude<Command, Heard>): void
  /** The leader has taken something. */
  heard(): void
  /** A connection has ended, and that is told. */
  closed(): void
}

/** What is counted: `eventsDropped` here, the rest elsewhere. */
export interface Counted {
  readonly tally: Pick<Stats, 'eventsDropped'>
  stats(): Stats
}

/** The observer of a member's driver. */
export class Reporter implements Observer {
  readonly line: Line<Report, Command>
  readonly #host: ReporterHost
  /** Those that the leader knows. */
  readonly #told = new Set<number>()
  readonly #missed = new Set<number>()
  #interest: Interest = NO_INTEREST
  #counted: Counted | undefined
  #countTimer: NodeJS.Timeout | undefined
  #isCountDue = false
  /** Dropped, and not announced. */
  #droppedCount = 0
  /** Whether there is no room in flight, and what of it was told last. */
  #isCrowded = false
  #toldCrowded = false

  constructor(host: ReporterHost) {
    this.#host = host
    this.line = new Line<Report, Command>({
      post: batch => host.post(batch),
      take: command => host.take(command),
      leaving: batch => this.#complete(batch),
      heard: () => host.heard(),
      batchesMax: BATCHES_MAX,
    })
  }

  /** Whose counters are reported from now on. */
  begin(counted: Counted): void {
    this.#counted = counted
  }

  /** What the leader wants to be told of from now on. */
  observe(interest: Interest): void {
    this.#interest = interest
  }

  opened(connection: Connection): void {
    if (!this.#interest.opened) this.introduceEarly(connection)
    else if (this.#admits(0)) this.#meet(connection, 'opened')
    else {
      this.#missed.add(connection.id)
      this.#drop()
    }
  }

  requested(connection: Connection, request: Decoded, number: number): void {
    const packed = packDecoded(request)
    if (!this.#tells(connection, packed.length)) return
    this.line.add(['requested', connection.id, packed, number])
  }

  responded(connection: Connection, response: Decoded, number: number): void {
    const packed = packDecoded(response)
    if (!this.#tells(connection, packed.length)) return
    this.line.add(['responded', connection.id, packed, number])
  }

  closed(connection: Connection, summary: ConnectionSummary): void {
    const { id } = connection
    const isMissed = this.#missed.delete(id)
    if (this.#interest.closed && (isMissed || !this.#told.has(id))) {
      if (!isMissed && this.#admits(0)) this.#meet(connection, 'early')
      else this.#drop()
    }
    // It is owed to whoever knows the connection, so it takes nobody's room.
    if (this.#told.delete(id)) this.line.add(['closed', id, summary])
    else this.planCount()
    this.#host.closed()
  }

  failed(error: LancelotError): void {
    if (this.#admits(error.message.length)) this.line.add(['failed', packError(error)])
    else this.#drop()
  }

  /** The other limit is the leader's to watch. */
  overloaded(reason: OverloadReason): void {
    if (reason === 'in-flight') this.#crowd(true)
  }

  relieved(reason: OverloadReason): void {
    if (reason === 'in-flight') this.#crowd(false)
  }

  /** Makes a connection known of which something is said that must be. */
  introduce(connection: Connection): void {
    const { id } = connection
    if (!this.#told.has(id)) this.#meet(connection, this.#missed.has(id) ? 'missed' : 'late')
  }

  /** Makes a connection known so that its end can be told if this member dies; if there is room. */
  introduceEarly(connection: Connection): void {
    const { id } = connection
    const isNew = !this.#told.has(id) && !this.#missed.has(id)
    if (isNew && this.#admits(0)) this.#meet(connection, 'early')
  }

  /** Counters changed. */
  planCount(): void {
    if (this.#countTimer !== undefined || this.#counted === undefined) return
    this.#countTimer = setTimeout(() => {
      this.#countTimer = undefined
      this.#isCountDue = true
      this.line.flush()
    }, COUNT_MS)
  }

  /** All is told but this. */
  finish(report: Extract<Report, readonly ['stopped' | 'unfit', ...unknown[]]>): void {
    clearTimeout(this.#countTimer)
    this.line.finish(report)
    this.#counted = undefined
  }

  /** Whether there is room for one event more. */
  #admits(bytes: number): boolean {
    const waiting = this.line.waiting('events')
    const isRoom = waiting.bytes + bytes <= EVENT_BYTES_QUEUED_MAX
    return isRoom && waiting.count < EVENTS_QUEUED_MAX
  }

  /** Whether an event of a connection is told, which is known then. */
  #tells(connection: Connection, bytes: number): boolean {
    const isTold = !this.#missed.has(connection.id) && this.#admits(bytes)
    if (isTold) this.introduce(connection)
    else this.#drop()
    return isTold
  }

  #meet({ id, remoteAddress, remotePort, openedAtMs }: Connection, how: Meeting): void {
    this.#told.add(id)
    this.line.add(['met', { id, remoteAddress, remotePort, openedAtMs }, how])
  }

  #drop(): void {
    this.#droppedCount += 1
    if (this.#counted !== undefined) this.#counted.tally.eventsDropped += 1
    this.line.plan()
  }

  /** Told as it changes; and where there is no room, as it is once there is some. */
  #crowd(isCrowded: boolean): void {
    this.#isCrowded = isCrowded
    this.#tellCrowding()
  }

  #tellCrowding(): void {
    if (this.#isCrowded === this.#toldCrowded || !this.#admits(0)) return
    this.#toldCrowded = this.#isCrowded
    this.line.add(['in-flight', this.#isCrowded])
  }

  /**
   * A batch leaves: what is told once for all of it, and counters before what needs them. With
   * counters goes what was taken, so that a leader who loses this member knows what they count.
   */
  #complete(batch: Report[]): boolean {
    this.#tellCrowding()
    if (this.#droppedCount > 0) batch.push(['dropped', this.#droppedCount])
    this.#droppedCount = 0
    if (!this.#isCountDue && !batch.some(([kind]) => COUNTED.has(kind))) return false
    this.#isCountDue = false
    if (this.#counted !== undefined) batch.unshift(['counted', this.#counted.stats()])
    return true
  }
}
