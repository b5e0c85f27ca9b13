/**
 * The user's side of a design whose serving happens elsewhere: a driver whose work is done by
 * members, which are processes or threads.
 *
 * ```text
 *   server.ts -- Leader -- CrewMember ==== batches of messages ==== Member -- JsDriver -- sockets
 *                   '----- CrewMember ==== ...           (process or thread)
 * ```
 *
 * - Functions do not cross: a request for a handler comes here, is asked here, and its response
 *   goes back. A `handlerModule` is imported by each member and needs no crossing.
 * - Counters are sums of what members last reported (see `member.ts`).
 * - `connectionsMax` is exact: checked here where sockets are handed over, in shared memory where
 *   threads accept. `inFlightServerMax` and `inFlightBytesMax` are divided: each member has an
 *   equal share of both, at least 1, as the loops of the native engine have.
 * - A member that ends by itself is told of (`ERR_LANCELOT_WORKER`), its connections end as
 *   `server-failed`, with counters of 0, and it is replaced, one a second.
 * - One that is not at its end a second after the deadline of a stop is killed, and what it had
 *   open counts as cut.
 */

import type { Server, Socket } from 'node:net'
import {
  type Driver,
  type Interest,
  NO_INTEREST,
  type Observer,
} from '../architectures/architecture.ts'
import { askHandler } from '../ask-handler.ts'
import { LancelotError } from '../errors.ts'
import type { ServerSettings } from '../options.ts'
import { Overload } from '../overload.ts'
import type { AnswerMap } from '../protocol/answers.ts'
import { DEFAULT_ROUTE } from '../protocol/routes.ts'
import { newStats } from '../protocol/shared.ts'
import type { Address, Connection, ConnectionSummary, Stats, StopSummary } from '../types.ts'
import { CrewAnswers } from './crew-answers.ts'
import { type CrewConnection, GoneLine } from './crew-connection.ts'
import {
  type Asked,
  type CrewHost,
  CrewMember,
  type Launch,
  type Observed,
  workerError,
} from './crew-member.ts'
import { Crowding } from './crowding.ts'
import {
  type Command,
  type OpenTogether,
  pack,
  packSettings,
  type Start,
  unpackDecoded,
} from './messages.ts'
import { Reception } from './reception.ts'
import { addStats } from './sums.ts'

/** How a crew is made up. */
export interface CrewDesign {
  /** Made before anything is opened, for answers may be refused. */
  readonly answers: AnswerMap
  readonly launch: Launch
  /** Members that are always there; 0: one is started for each connection. */
  readonly standing: number
  /** The most members at a time. */
  readonly membersMax: number
  /** Accepts for the members; absent: they accept themselves. */
  readonly listener?: Server
  /** A descriptor for the next member to listen on; undefined: there is none left. */
  readonly takeDescriptor?: () => number | undefined
  /** How many connections are open, for members that share memory. */
  readonly openTogether?: Int32Array
  /** Nothing is taken any more: closes what the design keeps. */
  readonly release?: () => void
}

/** The least time between two replacements. */
const REPLACE_MS = 1000
/** How long after the deadline of a stop a member may take to come to its end. */
const KILL_AFTER_MS = 1000
/** Ids of a standing member begin at a multiple of this, so that they are unique. */
const IDS_PER_MEMBER = 2 ** 32

/** A running crew. */
export class Leader implements Driver, CrewHost {
  readonly settings: ServerSettings
  readonly answers: CrewAnswers
  readonly gone: GoneLine
  readonly #observer: Observer
  readonly #design: CrewDesign
  readonly #members = new Set<CrewMember>()
  readonly #totals: Stats = newStats()
  readonly #overload: Overload
  readonly #crowding: Crowding
  readonly #reception: Reception | undefined
  readonly #summary: StopSummary = { drained: 0, cut: 0 }
  #address: Address | undefined
  #interest: Interest = NO_INTEREST
  #isRef = true
  #isStarted = false
  #lastSerial = -1
  #isKilling = false
  #missing = 0
  #replacedMs = Number.NEGATIVE_INFINITY
  #replaceTimer: NodeJS.Timeout | undefined
  #stopping: Promise<StopSummary> | undefined
  #resolveStop: (summary: StopSummary) => void = () => {}
  #stopDue = Number.POSITIVE_INFINITY
  #killTimer: NodeJS.Timeout | undefined

  constructor(settings: ServerSettings, observer: Observer, design: CrewDesign) {
    this.settings = settings
    this.answers = new CrewAnswers(design.answers, command => this.#tellAll(command))
    this.gone = new GoneLine(() => {
      this.#totals.pushesDropped += 1
    })
    this.#observer = observer
    this.#design = design
    this.#overload = new Overload(settings, this.#totals, observer)
    this.#crowding = new Crowding(observer)
    if (design.listener !== undefined) {
      this.#reception = new Reception(design.listener, settings, this.#totals, {
        members: this.#members,
        recruit: socket => this.#recruit(socket),
        refused: () => this.#overload.begin('connections'),
        failed: error => this.failed(error),
        settled: () => this.#settleStop(),
      })
    }
  }

  /** Starts the standing members. Rejects with why one cannot serve; then nothing is left. */
  async start(): Promise<this> {
    try {
      const { standing } = this.#design
      for (let count = 0; count < standing; count++) this.#recruit(undefined)
      const [address] = await Promise.all([...this.#members].map(member => member.ready))
      this.#address = this.#reception?.address ?? address
      this.#isStarted = true
      return this
    } catch (error) {
      await this.stop(0)
      throw error
    }
  }

  get address(): Address {
    return this.#address as Address
  }

  observe(interest: Interest): void {
    this.#interest = interest
    this.#tellAll(['observe', interest])
  }

  stats(): Stats {
    return { ...this.#totals, closes: { ...this.#totals.closes } }
  }

  async *connections(): AsyncGenerator<Connection, void, undefined> {
    for (const member of [...this.#members]) {
      const ids = await member.ask(ticket => ['list', ticket])
      for (const id of (ids ?? []) as readonly number[]) {
        const connection = member.connections.get(id)
        if (connection !== undefined) yield connection
      }
    }
  }

  async broadcast(bytes: Buffer, group: string | undefined): Promise<number> {
    const packed = pack(bytes)
    const reached = [...this.#members].map(member => {
      return member.ask(ticket => ['broadcast', ticket, packed, group])
    })
    const counts = (await Promise.all(reached)) as (number | undefined)[]
    return counts.reduce((sum: number, count) => sum + (count ?? 0), 0)
  }

  ref(): void {
    this.#setRef(true)
  }

  unref(): void {
    this.#setRef(false)
  }

  stop(drainMsMax: number): Promise<StopSummary> {
    const due = performance.now() + drainMsMax
    this.#stopping ??= this.#beginStop()
    if (due < this.#stopDue) {
      this.#stopDue = due
      this.#tellAll(['stop', drainMsMax])
      clearTimeout(this.#killTimer)
      this.#killTimer = setTimeout(() => this.#kill(), drainMsMax + KILL_AFTER_MS)
      if (!this.#isRef) this.#killTimer.unref()
      this.#reception?.stop(drainMsMax)
      this.#settleStop()
    }
    return this.#stopping
  }

  met(connection: CrewConnection, isNew: boolean): void {
    if (isNew && this.#interest.opened) this.#observer.opened(connection)
  }

  asked(member: CrewMember, connection: CrewConnection, asked: Asked): void {
    const [, id, route, packed, number] = asked
    const { settings } = this
    const handler = route === DEFAULT_ROUTE ? settings.handler : settings.routes[route - 1]?.handler
    if (handler === undefined) return
    const request = unpackDecoded(packed, settings.encoding)
    askHandler(handler, request, connection, settings, (outcome, failure) => {
      if (typeof outcome === 'string') member.answer(['end', id, number, outcome])
      else member.answer(['answer', id, number, pack(outcome)])
      if (failure !== undefined) this.failed(failure)
    })
  }

  observed(connection: CrewConnection, [kind, , packed, number]: Observed): void {
    if (!this.#interest[kind]) return
    this.#observer[kind](connection, unpackDecoded(packed, this.settings.encoding), number)
  }

  closed(connection: CrewConnection, summary: ConnectionSummary): void {
    if (this.#interest.closed) this.#observer.closed(connection, summary)
  }

  failed(error: LancelotError): void {
    this.#observer.failed(error)
  }

  late(responses: number): void {
    this.#totals.responsesDropped += responses
  }

  crowded(_: CrewMember, isCrowded: boolean): void {
    this.#crowding.change(isCrowded)
  }

  counted(before: Stats, now: Stats): void {
    addStats(this.#totals, now, before)
    if (now.refused > before.refused) this.#overload.begin('connections')
    this.#overload.check(0)
  }

  freed(): void {
    this.#reception?.dispatch()
  }

  ended(member: CrewMember, how: string): void {
    this.#members.delete(member)
    member.giveBack()
    const { summary } = member
    const isLost = summary === undefined
    if (this.#isKilling && isLost) this.#summary.cut += member.stats.open + member.handing
    this.#summary.drained += summary?.drained ?? 0
    this.#summary.cut += summary?.cut ?? 0
    member.bury(this.#isKilling ? 'cut' : 'server-failed')
    if (member.isCrowded) this.#crowding.change(false)
    if (isLost && this.#isStarted && !this.#isKilling) this.#lose(member, how)
    this.#reception?.dispatch()
    this.#settleStop()
  }

  /** A member ended by itself. */
  #lose(member: CrewMember, how: string): void {
    const { standing } = this.#design
    const isReplaced = standing > 0 && this.#stopping === undefined
    this.failed(member.fault ?? workerError(member.name, how, isReplaced ? '; it is replaced' : ''))
    if (!isReplaced) return
    this.#missing += 1
    this.#planReplacement()
  }

  #planReplacement(): void {
    if (this.#replaceTimer !== undefined) return
    const delayMs = Math.max(0, this.#replacedMs + REPLACE_MS - performance.now())
    this.#replaceTimer = setTimeout(() => this.#replace(), delayMs)
    if (!this.#isRef) this.#replaceTimer.unref()
  }

  #replace(): void {
    this.#replaceTimer = undefined
    if (this.#stopping !== undefined) return
    this.#replacedMs = performance.now()
    this.#missing -= 1
    this.#recruit(undefined)
    if (this.#missing > 0) this.#planReplacement()
  }

  /** One more member, with a connection of its own where there is one for each. */
  #recruit(socket: Socket | undefined): boolean {
    const { standing, membersMax, takeDescriptor } = this.#design
    if (this.#members.size >= membersMax || (socket !== undefined && standing > 0)) return false
    const descriptor = takeDescriptor?.()
    if (takeDescriptor !== undefined && descriptor === undefined) {
      const message = 'a member cannot be replaced: no descriptor of the listener is left'
      this.failed(new LancelotError('ERR_LANCELOT_WORKER', message))
      return false
    }
    this.#lastSerial += 1
    const serial = this.#lastSerial
    const start: Start = {
      settings: packSettings(this.#share()),
      answers: this.answers.packed(),
      interest: this.#interest,
      idBase: standing === 0 ? serial : serial * IDS_PER_MEMBER,
      descriptor,
      address: this.#reception?.address,
      openTogether: this.#shareCount(),
    }
    const member = new CrewMember(this, this.#design.launch, start, socket)
    this.#members.add(member)
    if (!this.#isRef) member.setRef(false)
    if (this.#stopping !== undefined) member.tellNow(['stop', this.#msToDue()])
    return true
  }

  #shareCount(): OpenTogether | undefined {
    const all = this.#design.openTogether
    if (all === undefined) return undefined
    return { all, own: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) }
  }

  /** What one member may have of what the whole server may. */
  #share(): ServerSettings {
    const { settings } = this
    const { inFlightServerMax, inFlightBytesMax } = settings
    const divide = (all: number): number => Math.max(1, Math.floor(all / this.#design.membersMax))
    return {
      ...settings,
      inFlightServerMax: divide(inFlightServerMax),
      inFlightBytesMax: divide(inFlightBytesMax),
      ...(this.#reception === undefined ? {} : { connectionsMax: Number.MAX_SAFE_INTEGER }),
    }
  }

  #tellAll(command: Command): void {
    for (const member of this.#members) member.tellNow(command)
  }

  #beginStop(): Promise<StopSummary> {
    clearTimeout(this.#replaceTimer)
    return new Promise(resolve => {
      this.#resolveStop = resolve
    })
  }

  #msToDue(): number {
    return Math.max(0, this.#stopDue - performance.now())
  }

  #kill(): void {
    this.#isKilling = true
    for (const member of [...this.#members]) member.kill()
  }

  #settleStop(): void {
    if (this.#stopping === undefined || this.#members.size > 0) return
    if (this.#reception !== undefined && !this.#reception.isDone) return
    clearTimeout(this.#killTimer)
    this.#summary.cut += this.#reception?.takeCut() ?? 0
    this.#design.release?.()
    this.#overload.check(0)
    this.#resolveStop({ ...this.#summary })
  }

  #setRef(isRef: boolean): void {
    this.#isRef = isRef
    for (const member of this.#members) member.setRef(isRef)
    this.#reception?.setRef(isRef)
    for (const timer of [this.#replaceTimer, this.#killTimer]) {
      if (isRef) timer?.ref()
      else timer?.unref()
    }
  }
}
