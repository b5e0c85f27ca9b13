/**
 * The driver of every design that serves in JavaScript: peers around one event loop.
 *
 * What differs between those designs is given to it: where sockets come from, how one is read, who
 * answers what the table does not know, and who may come in.
 */

import type { Socket } from 'node:net'
import {
  type Driver,
  type Interest,
  NO_INTEREST,
  type Observer,
} from './architectures/architecture.ts'
import { askHandler } from './ask-handler.ts'
import { type CloseCode, LancelotError } from './errors.ts'
import { Groups } from './groups.ts'
import type { ServerSettings } from './options.ts'
import { Overload } from './overload.ts'
import { Peer, type PeerServer, type ReadSocket } from './peer.ts'
import { GonePeer } from './peer-connection.ts'
import type { AnswerMap } from './protocol/answers.ts'
import { DEFAULT_ROUTE, Routes } from './protocol/routes.ts'
import { hasRoom, newStats } from './protocol/shared.ts'
import { GROUPS_PER_CONNECTION_MAX } from './push.ts'
import type { SocketSource } from './socket-source.ts'
import type { Address, Connection, Decoded, Stats, StopSummary } from './types.ts'

/** Asks somebody else than the handlers of the settings. */
export type Ask = (peer: Peer, route: number, request: Decoded, number: number) => void

/** Counts open connections, perhaps together with others. */
export interface Doorkeeper {
  /** Whether one more may come in; it has then. */
  admit(): boolean
  leave(): void
}

/** What a design decides. */
export interface JsDesign {
  readonly settings: ServerSettings
  readonly answers: AnswerMap
  readonly source: SocketSource
  readonly read: ReadSocket
  /** Default: the handlers of the settings. */
  readonly ask?: Ask
  /** Default: as many as `connectionsMax` says. */
  readonly doorkeeper?: Doorkeeper
  /** The id before that of the first connection. Default: 0. */
  readonly idBase?: number
}

/** Ends that are neither in order nor at the deadline of a stop. */
const BROKEN: ReadonlySet<CloseCode> = new Set(['reset', 'write-timeout'])

/** Failures to accept are all counted, and told of at most this often. */
const ACCEPT_QUIET_MS = 1000

/** A running server in JavaScript. */
export class JsDriver implements Driver, PeerServer {
  readonly settings: ServerSettings
  readonly answers: AnswerMap
  readonly read: ReadSocket
  readonly ask: Ask
  readonly routes: Routes
  readonly address: Address
  readonly tally: Stats = newStats()
  readonly groups: Groups<Peer> = new Groups(GROUPS_PER_CONNECTION_MAX)
  readonly gone: GonePeer = new GonePeer(this.tally)
  interest: Interest = NO_INTEREST
  isRef = true
  readonly #observer: Observer
  readonly #overload: Overload
  readonly #source: SocketSource
  readonly #doorkeeper: Doorkeeper
  /** By id, oldest first. */
  readonly #peers = new Map<number, Peer>()
  /** Those whose next request waits for room, oldest first. */
  readonly #waiting = new Set<Peer>()
  #isGivingRoom = false
  #lastId: number
  #acceptQuietUntilMs = 0
  #stopping: Promise<StopSummary> | undefined
  #stopDue = Number.POSITIVE_INFINITY
  #stopTimer: NodeJS.Timeout | undefined
  readonly #stopSummary: StopSummary = { drained: 0, cut: 0 }

  constructor(design: JsDesign, observer: Observer) {
    const { settings, answers, source, read } = design
    this.settings = settings
    this.answers = answers
    this.read = read
    this.ask = design.ask ?? ((...asked) => this.askHandler(...asked))
    this.routes = new Routes(settings.routes, settings.handler)
    this.address = source.address
    this.#overload = new Overload(settings, this.tally, observer)
    this.#observer = observer
    this.#source = source
    this.#doorkeeper = design.doorkeeper ?? {
      admit: () => this.#peers.size < settings.connectionsMax,
      leave: () => {},
    }
    this.#lastId = design.idBase ?? 0
    source.begin({
      take: socket => this.#accept(socket),
      acceptFailed: cause => this.#handleAcceptError(cause),
    })
  }

  observe(interest: Interest): void {
    this.interest = interest
  }

  stats(): Stats {
    return { ...this.tally, closes: { ...this.tally.closes } }
  }

  /** A peer that is there still. */
  find(id: number): Peer | undefined {
    return this.#peers.get(id)
  }

  async *connections(): AsyncGenerator<Connection, void, undefined> {
    for (const peer of [...this.#peers.values()]) {
      if (peer.closeCode === undefined) yield peer.public
    }
  }

  async broadcast(bytes: Buffer, group: string | undefined): Promise<number> {
    let reached = 0
    for (const peer of group === undefined ? this.#peers.values() : this.groups.membersOf(group)) {
      if (peer.push(bytes)) reached += 1
    }
    return reached
  }

  ref(): void {
    this.#setRef(true)
  }

  unref(): void {
    this.#setRef(false)
  }

  stop(drainMsMax: number): Promise<StopSummary> {
    this.#stopping ??= this.#beginStop()
    const due = performance.now() + drainMsMax
    if (due < this.#stopDue) {
      this.#stopDue = due
      clearTimeout(this.#stopTimer)
      this.#stopTimer = setTimeout(() => this.#cut(), drainMsMax)
      if (!this.isRef) this.#stopTimer.unref()
    }
    return this.#stopping
  }

  /** A peer did what it could: what follows for the others. */
  settled(peer: Peer): void {
    const code = peer.closeCode
    if (code !== undefined) this.#remove(peer, code)
    else if (peer.waitsForRoom) this.#awaitRoom(peer)
    else this.#waiting.delete(peer)
    this.#giveRoom()
    this.#overload.check(this.#waiting.size)
  }

  /** Asks the handler of the settings. */
  askHandler(peer: Peer, route: number, request: Decoded, number: number): void {
    const { settings } = this
    const handler = route === DEFAULT_ROUTE ? settings.handler : settings.routes[route - 1]?.handler
    if (handler === undefined) return
    askHandler(handler, request, peer.public, settings, (outcome, failure) => {
      peer.respond(number, outcome)
      if (failure !== undefined) this.failed(failure)
    })
  }

  requested(connection: Connection, request: Decoded, number: number): void {
    this.#observer.requested(connection, request, number)
  }

  responded(connection: Connection, response: Decoded, number: number): void {
    this.#observer.responded(connection, response, number)
  }

  failed(error: LancelotError): void {
    this.#observer.failed(error)
  }

  #accept(socket: Socket): void {
    if (!this.#doorkeeper.admit()) {
      this.tally.refused += 1
      socket.destroy()
      this.#overload.begin('connections')
      return
    }
    this.#lastId += 1
    this.tally.accepted += 1
    this.tally.open += 1
    const peer = new Peer(this.#lastId, socket, this)
    this.#peers.set(peer.id, peer)
    // Asked for now, for a peer that resets has no address any more when it ends.
    const { opened, requested, responded, closed } = this.interest
    const who = opened || requested || responded || closed ? peer.public : undefined
    if (opened && who !== undefined) this.#observer.opened(who)
    peer.begin()
    if (this.#stopping !== undefined) peer.stop()
  }

  #remove(peer: Peer, code: CloseCode): void {
    if (!this.#peers.delete(peer.id)) return
    this.#doorkeeper.leave()
    this.#waiting.delete(peer)
    this.groups.leaveAll(peer)
    this.tally.open -= 1
    this.tally.closed += 1
    this.tally.closes[code] += 1
    if (this.#stopping !== undefined) {
      if (code === 'cut') this.#stopSummary.cut += 1
      else if (!BROKEN.has(code)) this.#stopSummary.drained += 1
    }
    if (this.interest.closed) this.#observer.closed(peer.public, peer.summary(code))
    peer.release(code)
  }

  #awaitRoom(peer: Peer): void {
    this.#waiting.add(peer)
    this.#overload.begin('in-flight')
  }

  #giveRoom(): void {
    if (this.#isGivingRoom) return
    this.#isGivingRoom = true
    for (const peer of this.#waiting) {
      if (!hasRoom(this)) break
      this.#waiting.delete(peer)
      peer.handleRoom()
    }
    this.#isGivingRoom = false
  }

  #beginStop(): Promise<StopSummary> {
    for (const peer of this.#peers.values()) peer.stop()
    return new Promise(resolve => {
      this.#source.finish(() => {
        clearTimeout(this.#stopTimer)
        resolve({ ...this.#stopSummary })
      })
    })
  }

  #setRef(isRef: boolean): void {
    this.isRef = isRef
    this.#source.setRef(isRef)
    if (isRef) this.#stopTimer?.ref()
    else this.#stopTimer?.unref()
    for (const peer of this.#peers.values()) peer.setRef(isRef)
  }

  #cut(): void {
    this.#source.close()
    for (const peer of this.#peers.values()) peer.cut()
  }

  #handleAcceptError(cause: Error): void {
    this.tally.acceptErrors += 1
    if (performance.now() < this.#acceptQuietUntilMs) return
    this.#acceptQuietUntilMs = performance.now() + ACCEPT_QUIET_MS
    const message = `the system would not hand over a connection: ${cause.message}`
    this.failed(new LancelotError('ERR_LANCELOT_ACCEPT', message, { cause }))
  }
}
