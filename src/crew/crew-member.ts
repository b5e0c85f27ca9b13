/**
 * One member as its leader sees it: the connections that it told of, what it counted, and how it
 * stands. What it is told is in `crew-outbox.ts`.
 *
 * Knows nothing of other members. However a member ends, everybody who waits for it hears of it,
 * and each of its connections ends once.
 */

import type { Socket } from 'node:net'
import type { HandlerSettings } from '../ask-handler.ts'
import type { CloseCode, LancelotError } from '../errors.ts'
import { newStats } from '../protocol/shared.ts'
import type { Address, ConnectionSummary, Stats, StopSummary } from '../types.ts'
import { CrewConnection, type CrewLine } from './crew-connection.ts'
import { droppedError, workerError } from './crew-errors.ts'
import { CrewOutbox } from './crew-outbox.ts'
import type { Launch, Port } from './crew-port.ts'
import {
  type Change,
  type Command,
  type Heard,
  type OpenTogether,
  type PackedAnswer,
  type Question,
  type Reply,
  type Report,
  type Start,
  unpackError,
} from './messages.ts'

/** Who leads the members. */
export interface CrewHost {
  readonly settings: HandlerSettings
  /** The table, of which members have copies. */
  readonly answers: { packed(): readonly PackedAnswer[] }
  /** Stands for members of connections that are gone. */
  readonly gone: CrewLine
  opened(connection: CrewConnection): void
  asked(member: CrewMember, connection: CrewConnection, asked: Asked): void
  observed(connection: CrewConnection, observed: Observed): void
  closed(connection: CrewConnection, summary: ConnectionSummary): void
  failed(error: LancelotError): void
  /** So many pushes, or responses of handlers, reached nobody. */
  dropped(what: 'pushesDropped' | 'responsesDropped', count: number): void
  crowded(isCrowded: boolean): void
  counted(before: Stats, now: Stats): void
  /** A member can be given a socket. */
  freed(): void
  ended(member: CrewMember, how: string): void
}

/** A request for a handler. */
export type Asked = Extract<Report, readonly ['asked', ...unknown[]]>
/** What somebody listens for. */
export type Observed = Extract<Report, readonly ['requested' | 'responded', ...unknown[]]>

/** Where a member stands. It only moves forward. */
export type MemberState = 'starting' | 'serving' | 'stopped' | 'ended'

/** The leader's side of one member. */
export class CrewMember implements CrewLine {
  readonly ready: Promise<Address>
  readonly connections: Map<number, CrewConnection> = new Map()
  state: MemberState = 'starting'
  stats: Stats = newStats()
  summary: StopSummary | undefined
  /** Why it could not start. */
  fault: LancelotError | undefined
  /** Whether its requests in flight are at their limit. */
  isCrowded = false
  /** Sockets that it was given and has not taken. */
  handing = 0
  readonly #host: CrewHost
  readonly #port: Port
  readonly #outbox: CrewOutbox
  readonly #openTogether: OpenTogether | undefined
  /** Those of which nobody is told, for there was no room to tell that they opened. */
  readonly #missed = new WeakSet<CrewConnection>()
  #becomeReady: (address: Address) => void = () => {}
  #fail: (error: LancelotError) => void = () => {}

  constructor(host: CrewHost, launch: Launch, start: Start, socket?: Socket) {
    this.#host = host
    this.#openTogether = start.openTogether
    this.ready = new Promise((resolve, reject) => {
      this.#becomeReady = resolve
      this.#fail = reject
    })
    this.ready.catch(() => {})
    if (socket !== undefined) this.handing = 1
    this.#outbox = new CrewOutbox({
      post: batch => this.#port.post(batch),
      take: report => this.#take(report),
      answers: () => host.answers.packed(),
      dropped: (what, count) => host.dropped(what, count),
    })
    const heard = (batch: readonly Report[]): void => this.#outbox.receive(batch)
    this.#port = launch({ heard, ended: how => this.#end(how) }, socket)
    this.#outbox.tellNow(['start', start])
  }

  get name(): string {
    return this.#port.name
  }

  /** Whether it can be handed a socket. */
  get isFree(): boolean {
    return this.state === 'serving' && this.handing === 0 && this.#port.hand !== undefined
  }

  /** Nothing comes of it that anybody waits for. */
  tell(command: Command): void {
    this.#outbox.tell(command)
  }

  /** As `tell`, but it leaves at once. */
  tellNow(command: Command): void {
    this.#outbox.tellNow(command)
  }

  /** A change of the table. */
  change(change: Change): void {
    this.#outbox.change(change)
  }

  /** A handler's response: it reaches its member, or is counted as dropped. */
  answer(command: Extract<Command, readonly ['answer' | 'end', ...unknown[]]>): void {
    if (this.#isOver) this.#host.dropped('responsesDropped', 1)
    else this.#outbox.tell(command)
  }

  ask(command: (ticket: number) => Question): Promise<Reply> {
    return this.#outbox.ask(command)
  }

  hand(socket: Socket): void {
    this.handing += 1
    this.#outbox.flush()
    this.#port.hand?.(socket)
  }

  setRef(isRef: boolean): void {
    this.#port.setRef(isRef)
  }

  kill(): void {
    this.#port.kill()
  }

  /** Whether it serves nobody any more. */
  get #isOver(): boolean {
    return this.state === 'stopped' || this.state === 'ended'
  }

  #take(report: Exclude<Report, Heard>): unknown {
    switch (report[0]) {
      case 'met':
        return this.#meet(report)
      case 'asked':
        return this.#host.asked(this, this.#find(report[1]), report)
      case 'requested':
      case 'responded':
        return this.#host.observed(this.#find(report[1]), report)
      case 'closed':
        return this.#close(this.#find(report[1]), report[2])
      case 'counted':
        return this.#count(report[1])
      case 'replied':
        return this.#outbox.settle(report[1], report[2])
      case 'took':
        this.handing -= 1
        return this.#host.freed()
      case 'failed':
        return this.#host.failed(unpackError(report[1]))
      case 'dropped':
        return this.#host.failed(droppedError(report[1]))
      case 'in-flight':
        this.isCrowded = report[1]
        return this.#host.crowded(report[1])
      case 'ready':
        this.state = 'serving'
        this.#becomeReady(report[1])
        return this.#host.freed()
      case 'unfit':
        this.fault = unpackError(report[1])
        return this.#fail(this.fault)
      case 'stopped':
        this.state = 'stopped'
        this.summary = report[1]
        return this.#outbox.end()
    }
  }

  #meet([, who, how]: Extract<Report, readonly ['met', ...unknown[]]>): void {
    const connection = new CrewConnection(who, this.#host.settings, this)
    this.connections.set(who.id, connection)
    if (how === 'missed') this.#missed.add(connection)
    if (how === 'opened') this.#host.opened(connection)
  }

  #find(id: number): CrewConnection {
    const connection = this.connections.get(id)
    if (connection === undefined) throw new Error(`connection ${id} was never told of`)
    return connection
  }

  #close(connection: CrewConnection, summary: ConnectionSummary): void {
    this.connections.delete(connection.id)
    connection.end(this.#host.gone)
    if (!this.#missed.has(connection)) this.#host.closed(connection, summary)
  }

  #count(stats: Stats): void {
    const before = this.stats
    this.stats = stats
    this.#host.counted(before, stats)
  }

  #end(how: string): void {
    if (this.state === 'ended') return
    this.state = 'ended'
    this.#outbox.end()
    this.#fail(workerError(this.name, how, ''))
    this.#host.ended(this, how)
  }

  /** What it had counted in shared memory is open no more; for the host, at its end. */
  giveBack(): void {
    if (this.#openTogether === undefined) return
    const { all, own } = this.#openTogether
    Atomics.sub(all, 0, Atomics.exchange(own, 0, 0))
  }

  /** What it had open ends by this code, as far as the leader knows; for the host, at its end. */
  bury(code: CloseCode): void {
    const { open } = this.stats
    const lost = open + this.handing
    this.#count({
      ...this.stats,
      accepted: this.stats.accepted + this.handing,
      open: 0,
      inFlight: 0,
      inFlightBytes: 0,
      closed: this.stats.closed + lost,
      closes: { ...this.stats.closes, [code]: this.stats.closes[code] + lost },
    })
    this.handing = 0
    for (const connection of [...this.connections.values()]) {
      const durationMs = Math.max(0, Date.now() - connection.openedAtMs)
      const counts = { requests: 0, bytesRead: 0, bytesWritten: 0, durationMs }
      this.#close(connection, { code, ...counts })
    }
  }
}
