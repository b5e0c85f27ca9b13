/**
 * A member: serves where its leader put it, and tells the leader what it must know.
 *
 * A driver in JavaScript does the serving; here the leader's commands become calls of it, and what
 * it tells becomes reports. Runs in a process or a thread of its own; `member-*.ts` say in which.
 *
 * Counters are reported when they changed: with every batch that tells of a connection's beginning
 * or end, so that they are final when that is told, and otherwise after at most `COUNT_MS`.
 */

import type { Socket } from 'node:net'
import type { Interest, Observer } from '../architectures/architecture.ts'
import { readByCallbacks } from '../architectures/callback.ts'
import type { LancelotError } from '../errors.ts'
import { importHandler } from '../handler-module.ts'
import { type Doorkeeper, type JsDesign, JsDriver } from '../js-driver.ts'
import type { ServerSettings } from '../options.ts'
import type { Peer } from '../peer.ts'
import { AnswerMap } from '../protocol/answers.ts'
import { DEFAULT_ROUTE } from '../protocol/routes.ts'
import { ListenerSource, listenOn, type SocketSource } from '../socket-source.ts'
import type { Connection, ConnectionSummary, Decoded, OverloadReason } from '../types.ts'
import { HandedSource } from './handed-source.ts'
import {
  type Command,
  type OpenTogether,
  type PackedAnswer,
  packDecoded,
  packError,
  type Reply,
  type Report,
  type Start,
  unpack,
  unpackSettings,
} from './messages.ts'
import { Outbox, type Post } from './outbox.ts'

/** How long changed counters may wait to be reported. */
const COUNT_MS = 10

/** After these the counters must be right. */
const COUNTED: ReadonlySet<Report[0]> = new Set(['met', 'closed', 'took', 'stopped'])

/** One member, from its start to the end of its process or thread. */
export class Member implements Observer {
  readonly #outbox: Outbox<Report>
  readonly #retire: () => void
  readonly #openOnly: (() => Socket) | undefined
  /** Those that the leader knows. */
  readonly #told = new Set<number>()
  /** What was wanted before it served. */
  readonly #early: Command[] = []
  #interest: Interest | undefined
  #driver: MemberDriver | undefined
  #handed: HandedSource | undefined
  #countTimer: NodeJS.Timeout | undefined
  #isStopping = false
  /** Whether all was told. */
  #isRetired = false
  /** How many responses of the leader's handlers came. */
  #answers = 0

  /**
   * `retire` is called when all is done and told; `openOnly` opens a socket with whose end it ends.
   * It is called when that can be served, for what a socket tells before then is lost.
   */
  constructor(post: Post<Report>, retire: () => void, openOnly?: () => Socket) {
    this.#openOnly = openOnly
    this.#outbox = new Outbox(post, batch => this.#count(batch))
    this.#retire = retire
  }

  /** Does what the leader wants. */
  obey(commands: readonly Command[]): void {
    for (const command of commands) {
      if (this.#isRetired) return
      if (command[0] === 'start') void this.#start(command[1])
      else if (this.#driver === undefined) this.#early.push(command)
      else this.#do(this.#driver, command)
    }
  }

  /** Takes a socket that somebody accepted. */
  take(socket: Socket | undefined): void {
    // One that was closed on the way comes as nothing.
    if (socket !== undefined) this.#handed?.hand(socket)
    this.#outbox.add(['took'])
  }

  opened(connection: Connection): void {
    this.#introduce(connection, this.#interest?.opened === true)
  }

  requested(connection: Connection, request: Decoded, number: number): void {
    this.#introduce(connection)
    this.#outbox.add(['requested', connection.id, packDecoded(request), number])
  }

  responded(connection: Connection, response: Decoded, number: number): void {
    this.#introduce(connection)
    this.#outbox.add(['responded', connection.id, packDecoded(response), number])
  }

  closed(connection: Connection, summary: ConnectionSummary): void {
    if (this.#interest?.closed) this.#introduce(connection)
    if (!this.#told.delete(connection.id)) this.#planCount()
    else this.#outbox.add(['closed', connection.id, summary])
    if (this.#openOnly !== undefined) setImmediate(() => this.#stopAlone())
  }

  failed(error: LancelotError): void {
    this.#outbox.add(['failed', packError(error)])
  }

  /** The other limit is the leader's to watch. */
  overloaded(reason: OverloadReason): void {
    if (reason === 'in-flight') this.#outbox.add(['in-flight', true])
  }

  relieved(reason: OverloadReason): void {
    if (reason === 'in-flight') this.#outbox.add(['in-flight', false])
  }

  /** Starts to serve; also for one that has no leader. */
  async #start(start: Start): Promise<void> {
    try {
      const settings = unpackSettings(start.settings)
      const { handlerModule } = settings
      const handler = handlerModule && (await importHandler(handlerModule))
      const source = await this.#openSource(start, settings)
      const answers = new AnswerMap(settings, start.answers.map(unpackAnswer))
      const design: JsDesign = {
        settings: handler === undefined ? settings : { ...settings, handler },
        answers,
        source,
        read: readByCallbacks,
        idBase: start.idBase,
        ask: (peer, route, request, number) => {
          if (route !== DEFAULT_ROUTE || handler === undefined) {
            this.#ask(peer, route, request, number)
          } else this.#driver?.askHandler(peer, route, request, number)
        },
        ...(start.openTogether && { doorkeeper: this.#shared(start.openTogether, settings) }),
      }
      const driver = new MemberDriver(design, this, () => this.#planCount())
      this.#driver = driver
      this.#observe(driver, start.interest)
      this.#outbox.send(['ready', driver.address])
      this.obey(this.#early.splice(0))
      if (this.#openOnly !== undefined) this.take(this.#openOnly())
    } catch (error) {
      this.#outbox.send(['unfit', packError(error as LancelotError)])
      this.#retire()
    }
  }

  async #openSource(start: Start, settings: ServerSettings): Promise<SocketSource> {
    if (start.descriptor !== undefined) {
      return new ListenerSource(await listenOn(start.descriptor, settings))
    }
    this.#handed = new HandedSource(start.address as NonNullable<Start['address']>)
    return this.#handed
  }

  #ask(peer: Peer, route: number, request: Decoded, number: number): void {
    this.#introduce(peer.public)
    this.#outbox.add(['asked', peer.id, route, packDecoded(request), number])
  }

  /** What a call returns is of no use here. */
  #do(driver: MemberDriver, command: Exclude<Command, readonly ['start', Start]>): unknown {
    switch (command[0]) {
      case 'observe':
        return this.#observe(driver, command[1])
      case 'answer':
        this.#answers += 1
        return driver.respond(command[1], command[2], unpack(command[3]))
      case 'end':
        this.#answers += 1
        return driver.respond(command[1], command[2], command[3])
      case 'send':
        return this.#reply(command[2], driver.controls(command[1]).push(unpack(command[3])))
      case 'join':
      case 'leave':
        return this.#reply(command[2], driver.controls(command[1])[command[0]](command[3]))
      case 'inspect':
        return this.#reply(command[2], driver.controls(command[1]).stats())
      case 'close':
      case 'pause':
      case 'resume':
        return driver.controls(command[1])[command[0]]()
      case 'broadcast':
        return this.#broadcast(driver, command[1], unpack(command[2]), command[3])
      case 'list':
        return this.#list(driver, command[1])
      case 'set':
        return driver.answers.set(...unpackAnswer(command[1]))
      case 'delete':
        return driver.answers.delete(unpack(command[1]))
      case 'replace':
        return driver.answers.replace(command[1].map(unpackAnswer))
      case 'stop':
        return this.#stop(driver, command[1])
      case 'finish':
        return this.#handed?.close()
    }
  }

  /**
   * Every end is wanted, for the leader must know of the end of those that it knows. Whom it is
   * to be told of it knows from the beginning, so that it can tell of the end if this member dies.
   */
  #observe(driver: MemberDriver, interest: Interest): void {
    this.#interest = interest
    const opened = interest.opened || interest.requested || interest.responded || interest.closed
    if (opened && !driver.interest.opened) void this.#introduceAll(driver)
    driver.observe({ ...interest, opened, closed: true })
  }

  async #introduceAll(driver: MemberDriver): Promise<void> {
    for await (const connection of driver.connections()) this.#introduce(connection)
  }

  #broadcast(driver: MemberDriver, ticket: number, bytes: Buffer, group?: string): void {
    void driver.broadcast(bytes, group).then(reached => this.#reply(ticket, reached))
  }

  async #list(driver: MemberDriver, ticket: number): Promise<void> {
    const ids: number[] = []
    for await (const connection of driver.connections()) {
      this.#introduce(connection)
      ids.push(connection.id)
    }
    this.#reply(ticket, ids)
  }

  #reply(ticket: number, reply: Reply): void {
    this.#outbox.add(['replied', ticket, reply])
    this.#planCount()
  }

  async #stop(driver: MemberDriver, drainMsMax: number): Promise<void> {
    const stopped = driver.stop(drainMsMax)
    if (this.#isStopping) return
    this.#isStopping = true
    const summary = await stopped
    clearTimeout(this.#countTimer)
    this.#isRetired = true
    this.#outbox.send(['stopped', summary, this.#answers])
    this.#retire()
  }

  /** Its only connection has ended. */
  #stopAlone(): void {
    this.#handed?.close()
    if (this.#driver !== undefined) void this.#stop(this.#driver, 0)
  }

  /**
   * Counts in memory that all members share. What one counted is in a cell of its own as well, so
   * that its leader can give it back when this member dies.
   */
  #shared({ all, own }: OpenTogether, { connectionsMax }: ServerSettings): Doorkeeper {
    return {
      admit: () => {
        if (Atomics.add(all, 0, 1) < connectionsMax) {
          Atomics.add(own, 0, 1)
          return true
        }
        Atomics.sub(all, 0, 1)
        this.#planCount()
        return false
      },
      leave: () => {
        Atomics.sub(own, 0, 1)
        Atomics.sub(all, 0, 1)
      },
    }
  }

  #introduce(connection: Connection, isNew = false): void {
    const { id, remoteAddress, remotePort, openedAtMs } = connection
    if (this.#told.has(id)) return
    this.#told.add(id)
    this.#outbox.add(['met', { id, remoteAddress, remotePort, openedAtMs }, isNew])
  }

  #planCount(): void {
    if (this.#countTimer !== undefined || this.#driver === undefined) return
    const report = (): void => {
      this.#countTimer = undefined
      if (this.#driver !== undefined) this.#outbox.send(['counted', this.#driver.stats()])
    }
    this.#countTimer = setTimeout(report, COUNT_MS)
  }

  /** The counters go before what needs them. */
  #count(batch: Report[]): void {
    if (this.#driver === undefined || !batch.some(([kind]) => COUNTED.has(kind))) return
    batch.unshift(['counted', this.#driver.stats()])
  }
}

/** A driver that says when something changed, and knows its peers by their ids. */
class MemberDriver extends JsDriver {
  readonly #changed: () => void

  constructor(design: JsDesign, observer: Observer, changed: () => void) {
    super(design, observer)
    this.#changed = changed
  }

  override settled(peer: Peer): void {
    super.settled(peer)
    this.#changed()
  }

  respond(id: number, number: number, outcome: Parameters<Peer['respond']>[1]): void {
    const peer = this.find(id)
    if (peer !== undefined) peer.respond(number, outcome)
    else {
      this.tally.responsesDropped += 1
      this.#changed()
    }
  }

  /** The peer, or what stands for one that is gone. */
  controls(id: number): Peer | JsDriver['gone'] {
    return this.find(id) ?? this.gone
  }
}

function unpackAnswer([key, answer, close]: PackedAnswer): [
  Buffer,
  { answer: Buffer; close: boolean },
] {
  return [unpack(key), { answer: unpack(answer), close }]
}
