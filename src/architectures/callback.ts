/**
 * The pure-JavaScript server: callbacks of node:net, on JavaScript's own thread.
 *
 * It behaves as the native server does, byte for byte, and needs no addon. While JavaScript is
 * blocked it answers nobody; that is what the native one is for.
 */

import {
  type AddressInfo,
  createServer,
  type ListenOptions,
  type Server,
  type Socket,
} from 'node:net'
import { type CloseCode, LancelotError } from '../errors.ts'
import { Groups } from '../groups.ts'
import { listenError, resolveHost } from '../listen-error.ts'
import { rangeError } from '../option-table.ts'
import type { ServerSettings } from '../options.ts'
import { Overload } from '../overload.ts'
import { Peer, type PeerServer } from '../peer.ts'
import { GonePeer } from '../peer-connection.ts'
import { AnswerMap } from '../protocol/answers.ts'
import { Routes } from '../protocol/routes.ts'
import { hasRoom, newStats } from '../protocol/shared.ts'
import { GROUPS_PER_CONNECTION_MAX } from '../push.ts'
import type { Address, Connection, Decoded, Stats, StopSummary } from '../types.ts'
import {
  type Architecture,
  type Driver,
  type Interest,
  NO_INTEREST,
  type Observer,
} from './architecture.ts'

/** One thread, and a callback for whatever happens to a socket. */
export const callback: Architecture = {
  name: 'callback',
  summary: 'callbacks of node:net on the thread of JavaScript',
  start,
}

/** Ends that are neither in order nor at the deadline of a stop. */
const BROKEN: ReadonlySet<CloseCode> = new Set(['reset', 'write-timeout'])

/** Failures to accept are all counted, and told of at most this often. */
const ACCEPT_QUIET_MS = 1000

async function start(settings: ServerSettings, observer: Observer): Promise<Driver> {
  checkEngine(settings)
  const answers = new AnswerMap(settings, settings.answers)
  const host = await resolveHost(settings.host)
  const listener = createServer({ allowHalfOpen: true, noDelay: true })
  await listen(listener, host, settings)
  return new CallbackDriver(settings, observer, answers, listener)
}

/** Refuses what this engine cannot do. */
function checkEngine({ loops, reusePort }: ServerSettings): void {
  if (loops !== 1) {
    throw rangeError('loops', String(loops), '1: the JavaScript engine has one event loop')
  }
  if (reusePort && !canReusePort()) {
    const came = `true, which Node.js ${process.versions.node} cannot do`
    throw rangeError('reusePort', came, 'false, or Node.js 22.12 or 23.1 and later')
  }
}

function canReusePort(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)
}

function listen(listener: Server, host: string, settings: ServerSettings): Promise<void> {
  const { port, backlog, reusePort } = settings
  const where: ListenOptions & { reusePort?: boolean } = { host, port, backlog }
  if (reusePort) where.reusePort = true
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(listenError(cause, settings.host, port))
    listener.once('error', fail)
    listener.listen(where, () => {
      listener.off('error', fail)
      resolve()
    })
  })
}

class CallbackDriver implements Driver, PeerServer {
  readonly settings: ServerSettings
  readonly answers: AnswerMap
  readonly routes: Routes
  readonly address: Address
  readonly tally: Stats = newStats()
  readonly groups: Groups<Peer> = new Groups(GROUPS_PER_CONNECTION_MAX)
  readonly gone: GonePeer = new GonePeer(this.tally)
  interest: Interest = NO_INTEREST
  isRef = true
  readonly #observer: Observer
  readonly #overload: Overload
  readonly #listener: Server
  readonly #peers = new Set<Peer>()
  /** Those whose next request waits for room, oldest first. */
  readonly #waiting = new Set<Peer>()
  #isGivingRoom = false
  #peerCount = 0
  #acceptQuietUntilMs = 0
  #stopping: Promise<StopSummary> | undefined
  #stopDue = Number.POSITIVE_INFINITY
  #stopTimer: NodeJS.Timeout | undefined
  readonly #stopSummary: StopSummary = { drained: 0, cut: 0 }

  constructor(settings: ServerSettings, observer: Observer, answers: AnswerMap, listener: Server) {
    this.settings = settings
    this.answers = answers
    this.routes = new Routes(settings.routes, settings.handler)
    this.#overload = new Overload(settings, this.tally, observer)
    this.#observer = observer
    this.#listener = listener
    const { address, port, family } = listener.address() as AddressInfo
    this.address = { host: address, port, family: family === 'IPv6' ? 'IPv6' : 'IPv4' }
    listener.on('connection', socket => this.#accept(socket))
    listener.on('error', cause => this.#handleAcceptError(cause))
  }

  observe(interest: Interest): void {
    this.interest = interest
  }

  stats(): Stats {
    return { ...this.tally, closes: { ...this.tally.closes } }
  }

  async *connections(): AsyncGenerator<Connection, void, undefined> {
    for (const peer of [...this.#peers]) {
      if (peer.closeCode === undefined) yield peer.public
    }
  }

  async broadcast(bytes: Buffer, group: string | undefined): Promise<number> {
    let reached = 0
    for (const peer of group === undefined ? this.#peers : this.groups.membersOf(group)) {
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
    if (this.#peers.size >= this.settings.connectionsMax) {
      this.tally.refused += 1
      socket.destroy()
      this.#overload.begin('connections')
      return
    }
    this.#peerCount += 1
    this.tally.accepted += 1
    this.tally.open += 1
    const peer = new Peer(this.#peerCount, socket, this)
    this.#peers.add(peer)
    // Asked for now, for a peer that resets has no address any more when it ends.
    const { opened, requested, responded, closed } = this.interest
    const who = opened || requested || responded || closed ? peer.public : undefined
    if (opened && who !== undefined) this.#observer.opened(who)
    peer.begin()
    if (this.#stopping !== undefined) peer.stop()
  }

  #remove(peer: Peer, code: CloseCode): void {
    if (!this.#peers.delete(peer)) return
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
    return new Promise(resolve => {
      this.#listener.once('close', () => {
        clearTimeout(this.#stopTimer)
        resolve({ ...this.#stopSummary })
      })
      for (const peer of this.#peers) peer.stop()
      // Two turns, with a poll between them: who connected before the stop is served as well.
      setImmediate(() => setImmediate(() => this.#closeListener()))
    })
  }

  #closeListener(): void {
    if (this.#listener.listening) this.#listener.close()
  }

  #setRef(isRef: boolean): void {
    this.isRef = isRef
    for (const side of [this.#listener, this.#stopTimer]) {
      if (isRef) side?.ref()
      else side?.unref()
    }
    for (const peer of this.#peers) peer.setRef(isRef)
  }

  #cut(): void {
    this.#closeListener()
    for (const peer of this.#peers) peer.cut()
  }

  #handleAcceptError(cause: Error): void {
    this.tally.acceptErrors += 1
    if (performance.now() < this.#acceptQuietUntilMs) return
    this.#acceptQuietUntilMs = performance.now() + ACCEPT_QUIET_MS
    const message = `the system would not hand over a connection: ${cause.message}`
    this.failed(new LancelotError('ERR_LANCELOT_ACCEPT', message, { cause }))
  }
}
