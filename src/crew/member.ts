/**
 * A member: serves where its leader put it, and tells the leader what it must know.
 *
 * A driver in JavaScript does the serving; here the leader's commands become calls of it. What it
 * tells becomes reports in `reporter.ts`. Runs in a process or a thread of its own;
 * `process-member.ts`, `thread-member.ts` and `inetd-member.ts` say in which.
 */

import type { Socket } from 'node:net'
import type { Interest } from '../architectures/architecture.ts'
import { readByCallbacks } from '../architectures/callback.ts'
import type { LancelotError } from '../errors.ts'
import { importHandler } from '../handler-module.ts'
import type { JsDesign } from '../js-driver.ts'
import type { ServerSettings } from '../options.ts'
import type { Peer } from '../peer.ts'
import { AnswerMap } from '../protocol/answers.ts'
import { DEFAULT_ROUTE } from '../protocol/routes.ts'
import { ListenerSource, listenOn, type SocketSource } from '../socket-source.ts'
import type { Decoded } from '../types.ts'
import { HandedSource } from './handed-source.ts'
import { limitByWaiting, MemberDriver } from './member-driver.ts'
import {
  type Command,
  type Heard,
  type PackedAnswer,
  packDecoded,
  packError,
  type Reply,
  type Report,
  type Start,
  unpack,
  unpackSettings,
} from './messages.ts'
import { countTogether } from './open-together.ts'
import { Reporter } from './reporter.ts'

/** What a driver can be told to do. */
type Task = Exclude<Command, Heard | readonly ['start', Start]>

/** One member, from its start to the end of its process or thread. */
export class Member {
  readonly #reporter: Reporter
  readonly #retire: () => void
  readonly #openOnly: (() => Socket) | undefined
  /** What was wanted before it served: not taken yet. */
  readonly #early: (readonly Command[])[] = []
  #driver: MemberDriver | undefined
  #handed: HandedSource | undefined
  #isStopping = false
  /** Whether all was told. */
  #isRetired = false

  /**
   * `retire` is called when all is done and told; `openOnly` opens a socket with whose end it ends.
   * It is called when that can be served, for what a socket tells before then is lost.
   */
  constructor(
    post: (batch: readonly Report[]) => void,
    retire: () => void,
    openOnly?: () => Socket,
  ) {
    this.#openOnly = openOnly
    this.#retire = retire
    this.#reporter = new Reporter({
      post,
      take: command => this.#take(command),
      heard: () => this.#driver?.look(),
      closed: () => {
        if (openOnly !== undefined) setImmediate(() => this.#stopAlone())
      },
    })
  }

  /** Does what the leader wants. `start` comes first, alone. */
  obey(commands: readonly Command[]): void {
    if (this.#isRetired) return
    const isStart = commands[0]?.[0] === 'start'
    if (isStart || this.#driver !== undefined) this.#reporter.line.receive(commands)
    else this.#early.push(commands)
  }

  /** Takes a socket that somebody accepted. */
  take(socket: Socket | undefined): void {
    // One that was closed on the way comes as nothing.
    if (socket !== undefined) this.#handed?.hand(socket)
    this.#reporter.line.add(['took'])
  }

  /** Starts to serve. */
  async #start(start: Start): Promise<void> {
    try {
      const settings = unpackSettings(start.settings)
      const { handlerModule } = settings
      const handler = handlerModule && (await importHandler(handlerModule))
      const source = await this.#openSource(start, settings)
      this.#begin(start, { ...settings, handler: handler ?? settings.handler }, source)
      this.#reporter.line.send(['ready', source.address])
      for (const commands of this.#early.splice(0)) this.obey(commands)
      if (this.#openOnly !== undefined) this.take(this.#openOnly())
    } catch (error) {
      this.#reporter.finish(['unfit', packError(error as LancelotError)])
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

  #begin(start: Start, settings: ServerSettings, source: SocketSource): void {
    const { openTogether } = start
    const changed = (): void => this.#reporter.planCount()
    const ownHandler = settings.handlerModule !== undefined
    const design: JsDesign = {
      settings: limitByWaiting(settings, () => this.#reporter.line.waiting('requests')),
      answers: new AnswerMap(settings, start.answers.map(unpackAnswer)),
      source,
      read: readByCallbacks,
      idBase: start.idBase,
      ask: (peer, route, request, number) => {
        if (route !== DEFAULT_ROUTE || !ownHandler) this.#ask(peer, route, request, number)
        else this.#driver?.askHandler(peer, route, request, number)
      },
      ...(openTogether && {
        doorkeeper: countTogether(openTogether, settings.connectionsMax, changed),
      }),
    }
    this.#driver = new MemberDriver(design, this.#reporter, changed)
    this.#reporter.begin(this.#driver)
    this.#observe(this.#driver, start.interest)
  }

  #ask(peer: Peer, route: number, request: Decoded, number: number): void {
    this.#reporter.introduce(peer.public)
    this.#reporter.line.add(['asked', peer.id, route, packDecoded(request), number])
  }

  #take(command: Exclude<Command, Heard>): void {
    if (command[0] === 'start') void this.#start(command[1])
    else if (this.#driver !== undefined) this.#do(this.#driver, command)
  }

  /** What a call returns is of no use here. */
  #do(driver: MemberDriver, command: Task): unknown {
    switch (command[0]) {
      case 'observe':
        return this.#observe(driver, command[1])
      case 'answer':
        return driver.respond(command[1], command[2], unpack(command[3]))
      case 'end':
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
    this.#reporter.observe(interest)
    const opened = interest.opened || interest.requested || interest.responded || interest.closed
    if (opened && !driver.interest.opened) void this.#introduceAll(driver)
    driver.observe({ ...interest, opened, closed: true })
  }

  async #introduceAll(driver: MemberDriver): Promise<void> {
    for await (const connection of driver.connections()) this.#reporter.introduceEarly(connection)
  }

  #broadcast(driver: MemberDriver, ticket: number, bytes: Buffer, group?: string): void {
    void driver.broadcast(bytes, group).then(reached => this.#reply(ticket, reached))
  }

  async #list(driver: MemberDriver, ticket: number): Promise<void> {
    const ids: number[] = []
    for await (const connection of driver.connections()) {
      this.#reporter.introduce(connection)
      ids.push(connection.id)
    }
    this.#reply(ticket, ids)
  }

  #reply(ticket: number, reply: Reply): void {
    this.#reporter.line.add(['replied', ticket, reply])
    this.#reporter.planCount()
  }

  async #stop(driver: MemberDriver, drainMsMax: number): Promise<void> {
    const stopped = driver.stop(drainMsMax)
    if (this.#isStopping) return
    this.#isStopping = true
    const summary = await stopped
    this.#isRetired = true
    this.#reporter.finish(['stopped', summary])
    this.#retire()
  }

  /** Its only connection has ended. */
  #stopAlone(): void {
    this.#handed?.close()
    if (this.#driver !== undefined) void this.#stop(this.#driver, 0)
  }
}

function unpackAnswer([key, answer, close]: PackedAnswer): [
  Buffer,
  { answer: Buffer; close: boolean },
] {
  return [unpack(key), { answer: unpack(answer), close }]
}
