/**
 * One member as its leader sees it: the line to it, the connections that it told of, what it
 * counted, and what it still has to reply.
 *
 * Knows nothing of other members. However a member ends, everybody who waits for it hears of it,
 * and each of its connections ends once.
 */

import type { Socket } from 'node:net'
import type { HandlerSettings } from '../ask-handler.ts'
import { type CloseCode, LancelotError } from '../errors.ts'
import { newStats } from '../protocol/shared.ts'
import type { Address, ConnectionSummary, Stats, StopSummary } from '../types.ts'
import { CrewConnection, type CrewLine } from './crew-connection.ts'
import {
  type Command,
  type OpenTogether,
  type Reply,
  type Report,
  type Start,
  unpackError,
} from './messages.ts'
import { Outbox } from './outbox.ts'

/** A process or a thread that was started. */
export interface Port {
  /** What it is, for an error. */
  readonly name: string
  post(batch: readonly Command[]): void
  /** Hands over a socket, which is the other's from then on. Absent: it takes none. */
  readonly hand?: ((socket: Socket) => void) | undefined
  kill(): void
  /** Whether it keeps the leader's process alive. */
  setRef(isRef: boolean): void
}

/** What a port tells. */
export interface PortListener {
  heard(batch: readonly Report[]): void
  /** It is gone, and nothing more is heard of it. */
  ended(how: string): void
}

/** Starts a process or a thread; never tells anything before it returned. */
export type Launch = (listener: PortListener, socket: Socket | undefined) => Port

/** Who leads the members. */
export interface CrewHost {
  readonly settings: HandlerSettings
  /** Stands for members of connections that are gone. */
  readonly gone: CrewLine
  met(connection: CrewConnection, isNew: boolean): void
  asked(member: CrewMember, connection: CrewConnection, asked: Asked): void
  observed(connection: CrewConnection, observed: Observed): void
  closed(connection: CrewConnection, summary: ConnectionSummary): void
  failed(error: LancelotError): void
  /** So many responses of handlers came too late. */
  late(responses: number): void
  crowded(member: CrewMember, isCrowded: boolean): void
  counted(before: Stats, now: Stats): void
  /** It can be given a socket. */
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
  readonly #outbox: Outbox<Command>
  readonly #openTogether: OpenTogether | undefined
  readonly #tickets = new Map<number, (reply: Reply) => void>()
  #lastTicket = 0
  /** How many responses of handlers it was told. */
  #answers = 0
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
    this.#port = launch({ heard: batch => this.#hear(batch), ended: how => this.#end(how) }, socket)
    this.#outbox = new Outbox(batch => this.#port.post(batch))
    this.#outbox.send(['start', start])
  }

  get name(): string {
    return this.#port.name
  }

  /** Whether it can be handed a socket. */
  get isFree(): boolean {
    return this.state === 'serving' && this.handing === 0 && this.#port.hand !== undefined
  }

  /** Whether it serves nobody any more. */
  get isOver(): boolean {
    return this.state === 'stopped' || this.state === 'ended'
  }

  tell(command: Command): void {
    if (this.state !== 'ended') this.#outbox.add(command)
  }

  /** As `tell`, but it leaves at once. */
  tellNow(command: Command): void {
    if (this.state !== 'ended') this.#outbox.send(command)
  }

  /** A handler's response: it reaches its member, or is counted as late. */
  answer(command: Extract<Command, readonly ['answer' | 'end', ...unknown[]]>): void {
    if (this.isOver) {
      this.#host.late(1)
      return
    }
    this.#answers += 1
    this.#outbox.add(command)
  }

  ask(command: (ticket: number) => Command): Promise<Reply> {
    if (this.isOver) return Promise.resolve(undefined)
    this.#lastTicket += 1
    const ticket = this.#lastTicket
    this.#outbox.add(command(ticket))
    return new Promise(resolve => this.#tickets.set(ticket, resolve))
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

  #hear(batch: readonly Report[]): void {
    for (const report of batch) this.#take(report)
  }

  #take(report: Report): unknown {
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
        return this.#reply(report[1], report[2])
      case 'took':
        this.handing -= 1
        return this.#host.freed()
      case 'failed':
        return this.#host.failed(unpackError(report[1]))
      case 'in-flight':
        this.isCrowded = report[1]
        return this.#host.crowded(this, report[1])
      case 'ready':
        this.state = 'serving'
        this.#becomeReady(report[1])
        return this.#host.freed()
      case 'unfit':
        this.fault = unpackError(report[1])
        return this.#fail(this.fault)
      case 'stopped':
        this.state = 'stopped'
        return this.#stopped(report)
    }
  }

  #stopped([, summary, answers]: Extract<Report, readonly ['stopped', ...unknown[]]>): void {
    this.summary = summary
    if (this.#answers > answers) this.#host.late(this.#answers - answers)
    this.#settle()
  }

  #meet([, who, isNew]: Extract<Report, readonly ['met', ...unknown[]]>): void {
    const connection = new CrewConnection(who, this.#host.settings, this)
    this.connections.set(who.id, connection)
    this.#host.met(connection, isNew)
  }

  #find(id: number): CrewConnection {
    const connection = this.connections.get(id)
    if (connection === undefined) throw new Error(`connection ${id} was never told of`)
    return connection
  }

  #close(connection: CrewConnection, summary: ConnectionSummary): void {
    this.connections.delete(connection.id)
    connection.end(this.#host.gone)
    this.#host.closed(connection, summary)
  }

  #count(stats: Stats): void {
    const before = this.stats
    this.stats = stats
    this.#host.counted(before, stats)
  }

  #reply(ticket: number, reply: Reply): void {
    this.#tickets.get(ticket)?.(reply)
    this.#tickets.delete(ticket)
  }

  /** Nobody replies any more. */
  #settle(): void {
    for (const resolve of this.#tickets.values()) resolve(undefined)
    this.#tickets.clear()
  }

  #end(how: string): void {
    if (this.state === 'ended') return
    this.state = 'ended'
    this.#settle()
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

/** The error for a member that ended by itself. */
export function workerError(name: string, how: string, what: string): LancelotError {
  return new LancelotError('ERR_LANCELOT_WORKER', `${name} ended by itself (${how})${what}`)
}
