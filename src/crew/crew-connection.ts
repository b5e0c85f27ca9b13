/**
 * A connection of a member as the user sees it: what it is told crosses to the member.
 *
 * Made when the member first speaks of it; the same object until its end.
 */

import type { HandlerSettings } from '../ask-handler.ts'
import type { PeerIdentity } from '../peer-connection.ts'
import { parseGroup, parsePush } from '../push.ts'
import type { Bytes, Connection, ConnectionStats } from '../types.ts'
import { type Command, pack, type Question, type Reply } from './messages.ts'

/** The way to the member that serves a connection, or to what stands for it afterwards. */
export interface CrewLine {
  /** Nothing comes of it that anybody waits for. */
  tell(command: Command): void
  /** Resolves to what the member replies; undefined if it came to its end. */
  ask(command: (ticket: number) => Question): Promise<Reply>
}

/** One peer of a member. */
export class CrewConnection implements Connection {
  readonly id: number
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
  readonly openedAtMs: number
  data: unknown = undefined
  readonly #settings: HandlerSettings
  #line: CrewLine

  constructor(who: PeerIdentity, settings: HandlerSettings, line: CrewLine) {
    this.id = who.id
    this.remoteAddress = who.remoteAddress
    this.remotePort = who.remotePort
    this.openedAtMs = who.openedAtMs
    this.#settings = settings
    this.#line = line
  }

  /** @internal It has ended: `gone` stands for its member. */
  end(gone: CrewLine): void {
    this.#line = gone
  }

  async send(bytes: Bytes): Promise<boolean> {
    const push = pack(parsePush(bytes, this.#settings))
    return (await this.#line.ask(ticket => ['send', this.id, ticket, push])) === true
  }

  close(): void {
    this.#line.tell(['close', this.id])
  }

  pause(): void {
    this.#line.tell(['pause', this.id])
  }

  resume(): void {
    this.#line.tell(['resume', this.id])
  }

  async join(group: string): Promise<boolean> {
    const name = parseGroup(group)
    return (await this.#line.ask(ticket => ['join', this.id, ticket, name])) === true
  }

  async leave(group: string): Promise<boolean> {
    const name = parseGroup(group)
    return (await this.#line.ask(ticket => ['leave', this.id, ticket, name])) === true
  }

  async stats(): Promise<ConnectionStats | undefined> {
    const stats = await this.#line.ask(ticket => ['inspect', this.id, ticket])
    return stats as ConnectionStats | undefined
  }
}

/** What stands for the members of connections that are gone. */
export class GoneLine implements CrewLine {
  readonly #dropped: () => void

  /** `dropped` is told of every push. */
  constructor(dropped: () => void) {
    this.#dropped = dropped
  }

  tell(): void {}

  async ask(command: (ticket: number) => Question): Promise<undefined> {
    if (command(0)[0] === 'send') this.#dropped()
  }
}
