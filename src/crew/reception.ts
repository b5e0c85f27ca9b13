/**
 * Accepts connections for members that do not listen themselves, unread, and hands them out: to the
 * next member that has taken what it was given before, or to a new one.
 *
 * This is the round robin of node:cluster, done here, because a listener that cluster shares cannot
 * be unref'd, is shared by all servers of a process that ask for port 0, and closes with the last
 * worker. While all members are busy or starting, connections wait here, in `connectionsMax`.
 */

import type { AddressInfo, Server, Socket } from 'node:net'
import { LancelotError } from '../errors.ts'
import type { ServerSettings } from '../options.ts'
import type { Address, Stats } from '../types.ts'
import type { CrewMember } from './crew-member.ts'

/** Whom connections are for. */
export interface ReceptionHost {
  readonly members: ReadonlySet<CrewMember>
  /** Starts a member for this connection; false: there are enough, or they are standing. */
  recruit(socket: Socket): boolean
  /** A connection over the limit was closed. */
  refused(): void
  failed(error: LancelotError): void
  /** Something changed that a stop may wait for. */
  settled(): void
}

/** Failures to accept are all counted, and told of at most this often. */
const ACCEPT_QUIET_MS = 1000

/** The only listener of a crew. */
export class Reception {
  readonly address: Address
  readonly #listener: Server
  readonly #settings: Pick<ServerSettings, 'connectionsMax'>
  readonly #totals: Stats
  readonly #host: ReceptionHost
  #waiting: Socket[] = []
  /** Who was given a connection last. */
  #last: CrewMember | undefined
  #isClosed = false
  #isStopping = false
  #isFinished = false
  #cutCount = 0
  #cutTimer: NodeJS.Timeout | undefined
  #isRef = true
  #quietUntilMs = 0

  /** `totals` are the counters of the server: refused, and cut while waiting, are added here. */
  constructor(
    listener: Server,
    settings: Pick<ServerSettings, 'connectionsMax'>,
    totals: Stats,
    host: ReceptionHost,
  ) {
    const { address, port, family } = listener.address() as AddressInfo
    this.address = { host: address, port, family: family === 'IPv6' ? 'IPv6' : 'IPv4' }
    this.#listener = listener
    this.#settings = settings
    this.#totals = totals
    this.#host = host
    listener.on('connection', socket => this.#take(socket))
    listener.on('error', cause => this.#handleAcceptError(cause))
  }

  /** Whether it will hand out nothing more. */
  get isDone(): boolean {
    return this.#isClosed && this.#waiting.length === 0
  }

  /** Hands out what waits, as far as somebody can take it. */
  dispatch(): void {
    while (this.#waiting.length > 0) {
      const member = this.#nextFree()
      if (member === undefined && !this.#host.recruit(this.#waiting[0] as Socket)) return
      const socket = this.#waiting.shift() as Socket
      member?.hand(socket)
    }
    this.#finish()
  }

  /** Hands out what came before this; what waits at the deadline is cut. May be called again. */
  stop(drainMsMax: number): void {
    clearTimeout(this.#cutTimer)
    this.#cutTimer = setTimeout(() => this.#cut(), drainMsMax)
    if (!this.#isRef) this.#cutTimer.unref()
    if (this.#isStopping) return
    this.#isStopping = true
    // Two turns, with a poll between them: who connected before the stop is served as well.
    setImmediate(() => setImmediate(() => this.#close()))
  }

  /** How many were cut while they waited. */
  takeCut(): number {
    clearTimeout(this.#cutTimer)
    return this.#cutCount
  }

  setRef(isRef: boolean): void {
    this.#isRef = isRef
    for (const side of [this.#listener, this.#cutTimer]) {
      if (isRef) side?.ref()
      else side?.unref()
    }
  }

  #take(socket: Socket): void {
    if (this.#openCount >= this.#settings.connectionsMax) {
      this.#totals.refused += 1
      socket.destroy()
      this.#host.refused()
      return
    }
    socket.on('error', () => {})
    this.#waiting.push(socket)
    this.dispatch()
  }

  get #openCount(): number {
    let handing = 0
    for (const member of this.#host.members) handing += member.handing
    return this.#totals.open + this.#waiting.length + handing
  }

  /** The one after the last, of those that serve and took what they were given. */
  #nextFree(): CrewMember | undefined {
    const members = [...this.#host.members]
    const from = this.#last === undefined ? 0 : members.indexOf(this.#last) + 1
    for (let step = 0; step < members.length; step++) {
      const member = members[(from + step) % members.length] as CrewMember
      if (!member.isFree) continue
      this.#last = member
      return member
    }
    return undefined
  }

  #close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#listener.close()
    this.dispatch()
  }

  /** Members learn that nothing more comes. */
  #finish(): void {
    if (!this.isDone || this.#isFinished) return
    this.#isFinished = true
    for (const member of this.#host.members) member.tellNow(['finish'])
    this.#host.settled()
  }

  #cut(): void {
    for (const socket of this.#waiting.splice(0)) {
      this.#totals.accepted += 1
      this.#totals.closed += 1
      this.#totals.closes.cut += 1
      this.#cutCount += 1
      socket.resetAndDestroy()
    }
    this.#close()
    this.#finish()
  }

  #handleAcceptError(cause: Error): void {
    this.#totals.acceptErrors += 1
    if (performance.now() < this.#quietUntilMs) return
    this.#quietUntilMs = performance.now() + ACCEPT_QUIET_MS
    const message = `the system would not hand over a connection: ${cause.message}`
    this.#host.failed(new LancelotError('ERR_LANCELOT_ACCEPT', message, { cause }))
  }
}
