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
 * - Counters are sums of what members last reported (see `reporter.ts`).
 * - `connectionsMax` is exact: checked here where sockets are handed over, in shared memory where
 *   threads accept. `inFlightServerMax` and `inFlightBytesMax` are divided: each member has an
 *   equal share of both, at least 1, as the loops of the native engine have.
 * - What waits between the two is bounded: events by the member (`reporter.ts`), pushes and changes
 *   of the table here (`crew-outbox.ts`), requests by the limits in flight (`member-driver.ts`).
 * - A member that ends by itself is told of (`ERR_LANCELOT_WORKER`), its connections end as
 *   `server-failed`, with counters of 0, and it is replaced, one a second.
 * - One that is not at its end a second after the deadline of a stop is killed, and what it had
 *   open counts as cut.
 */

import type { Socket } from 'node:net'
import {
  type Driver,
  type Interest,
  NO_INTEREST,
  type Observer,
} from '../architectures/architecture.ts'
import { askHandler } from '../ask-handler.ts'
import type { LancelotError } from '../errors.ts'
import type { ServerSettings } from '../options.ts'
import { Overload } from '../overload.ts'
import { DEFAULT_ROUTE } from '../protocol/routes.ts'
import { newStats } from '../protocol/shared.ts'
import type { Address, Connection, ConnectionSummary, Stats, StopSummary } from '../types.ts'
import { CrewAnswers } from './crew-answers.ts'
import { type CrewConnection, GoneLine } from './crew-connection.ts'
import { type CrewDesign, makeStart } from './crew-design.ts'
import { noDescriptorError, workerError } from './crew-errors.ts'
import { type Asked, type CrewHost, CrewMember, type Observed } from './crew-member.ts'
import { CrewStop } from './crew-stop.ts'
import { Crowding } from './crowding.ts'
import { type Command, pack, unpackDecoded } from './messages.ts'
import { Reception } from './reception.ts'
import { Replacements } from './replacements.ts'
import { addStats } from './sums.ts'

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
  readonly #stop = new CrewStop(() => this.#kill())
  readonly #replacements = new Replacements(() => this.#recruit(undefined))
  #address: Address | undefined
  #interest: Interest = NO_INTEREST
  #isRef = true
  #isStarted = false
  #lastSerial = -1

  constructor(settings: ServerSettings, observer: Observer, design: CrewDesign) {
    this.settings = settings
    this.answers = new CrewAnswers(design.answers, change => {
      for (const member of this.#members) member.change(change)
    })
    this.gone = new GoneLine(() => this.dropped('pushesDropped', 1))
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
    if (this.#stop.begin(drainMsMax)) {
      this.#replacements.end()
      this.#tellAll(['stop', drainMsMax])
      this.#reception?.stop(drainMsMax)
      this.#settleStop()
    }
    return this.#stop.done
  }

  opened(connection: CrewConnection): void {
    if (this.#interest.opened) this.#observer.opened(connection)
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

  dropped(what: 'pushesDropped' | 'responsesDropped', count: number): void {
    this.#totals[what] += count
  }

  crowded(isCrowded: boolean): void {
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
    const { isKilling } = this.#stop
    const isLost = member.summary === undefined
    const lost = isKilling ? member.stats.open + member.handing : 0
    this.#stop.count(member.summary ?? { drained: 0, cut: lost })
    member.bury(isKilling ? 'cut' : 'server-failed')
    if (member.isCrowded) this.#crowding.change(false)
    if (isLost && this.#isStarted && !isKilling) this.#lose(member, how)
    this.#reception?.dispatch()
    this.#settleStop()
  }

  /** A member ended by itself. */
  #lose(member: CrewMember, how: string): void {
    const { standing } = this.#design
    const isReplaced = standing > 0 && !this.#stop.isBegun
    this.failed(member.fault ?? workerError(member.name, how, isReplaced ? '; it is replaced' : ''))
    if (isReplaced) this.#replacements.add()
  }

  /** One more member, with a connection of its own where there is one for each. */
  #recruit(socket: Socket | undefined): boolean {
    const { standing, membersMax, takeDescriptor } = this.#design
    if (this.#members.size >= membersMax || (socket !== undefined && standing > 0)) return false
    const descriptor = takeDescriptor?.()
    if (takeDescriptor !== undefined && descriptor === undefined) {
      this.failed(noDescriptorError())
      return false
    }
    this.#lastSerial += 1
    const start = makeStart(this.#design, {
      settings: this.settings,
      answers: this.answers.packed(),
      interest: this.#interest,
      serial: this.#lastSerial,
      descriptor,
      address: this.#reception?.address,
    })
    const member = new CrewMember(this, this.#design.launch, start, socket)
    this.#members.add(member)
    if (!this.#isRef) member.setRef(false)
    if (this.#stop.isBegun) member.tellNow(['stop', this.#stop.msLeft])
    return true
  }

  #tellAll(command: Command): void {
    for (const member of this.#members) member.tellNow(command)
  }

  #kill(): void {
    for (const member of [...this.#members]) member.kill()
  }

  #settleStop(): void {
    if (!this.#stop.isBegun || this.#members.size > 0) return
    if (this.#reception !== undefined && !this.#reception.isDone) return
    this.#stop.count({ drained: 0, cut: this.#reception?.takeCut() ?? 0 })
    this.#design.release?.()
    this.#overload.check(0)
    this.#stop.complete()
  }

  #setRef(isRef: boolean): void {
    this.#isRef = isRef
    for (const member of this.#members) member.setRef(isRef)
    this.#reception?.setRef(isRef)
    this.#replacements.setRef(isRef)
    this.#stop.setRef(isRef)
  }
}
