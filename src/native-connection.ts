/**
 * The connections of a native server that JavaScript was told of, as objects.
 *
 * An object is made when a connection is first spoken of and kept until its end; it holds no more
 * than its names, for there may be a million. What it does is done by its host.
 */

import type { HandlerSettings } from './ask-handler.ts'
import type { Whom } from './native-inbox.ts'
import { parseGroup, parsePush } from './push.ts'
import type { Bytes, Connection, ConnectionStats } from './types.ts'

/** What can be done to a connection in passing. */
export type Steer = 'pause' | 'resume' | 'close'

/** Does what its connections ask for. */
export interface ConnectionHost {
  readonly settings: HandlerSettings
  /** When it started, in ms since 1970. */
  readonly startedAtMs: number
  send(whom: Whom, bytes: Buffer): Promise<boolean>
  setMember(whom: Whom, group: string, joins: boolean): Promise<boolean>
  inspect(whom: Whom): Promise<ConnectionStats | undefined>
  steer(whom: Whom, steer: Steer): void
}

const SLOT_BITS = 20
const PORTS = 65_536

/** One peer, as JavaScript sees it. */
export class NativeConnection implements Connection, Whom {
  data: unknown = undefined
  readonly #host: ConnectionHost
  readonly #id: number
  /** Loop and slot. */
  readonly #place: number
  readonly #generation: number
  /** Address and port, packed: a number of IPv4, text of IPv6. */
  readonly #peer: number | string | undefined
  /** Since the server started, for that is a small number. */
  readonly #openedMs: number

  constructor(host: ConnectionHost, id: number, whom: Whom, peer: PackedPeer, openedAtMs: number) {
    this.#host = host
    this.#id = id
    this.#place = (whom.loop << SLOT_BITS) | whom.slot
    this.#generation = whom.generation
    this.#peer = peer
    this.#openedMs = Math.round(openedAtMs - host.startedAtMs)
  }

  get id(): number {
    return this.#id
  }

  /** @internal */
  get loop(): number {
    return this.#place >>> SLOT_BITS
  }

  /** @internal */
  get slot(): number {
    return this.#place & ((1 << SLOT_BITS) - 1)
  }

  /** @internal */
  get generation(): number {
    return this.#generation
  }

  get remoteAddress(): string | undefined {
    const peer = this.#peer
    if (typeof peer !== 'number') return peer?.slice(0, peer.lastIndexOf(' '))
    const ip = Math.floor(peer / PORTS)
    return `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`
  }

  get remotePort(): number | undefined {
    const peer = this.#peer
    if (typeof peer === 'number') return peer % PORTS
    return peer === undefined ? undefined : Number(peer.slice(peer.lastIndexOf(' ') + 1))
  }

  get openedAtMs(): number {
    return this.#host.startedAtMs + this.#openedMs
  }

  async send(bytes: Bytes): Promise<boolean> {
    return this.#host.send(this, parsePush(bytes, this.#host.settings))
  }

  close(): void {
    this.#host.steer(this, 'close')
  }

  pause(): void {
    this.#host.steer(this, 'pause')
  }

  resume(): void {
    this.#host.steer(this, 'resume')
  }

  async join(group: string): Promise<boolean> {
    return this.#host.setMember(this, parseGroup(group), true)
  }

  async leave(group: string): Promise<boolean> {
    return this.#host.setMember(this, parseGroup(group), false)
  }

  stats(): Promise<ConnectionStats | undefined> {
    return this.#host.inspect(this)
  }
}

/** A peer's address and port in as little as can be; undefined: it was gone already. */
export type PackedPeer = number | string | undefined

/** Packs an address, a number if it is IPv4, empty if it is not known. */
export function packPeer(host: number | string, port: number): PackedPeer {
  if (typeof host === 'number') return host * PORTS + port
  return host === '' ? undefined : `${host} ${port}`
}

/** The objects of one server, by loop and slot. */
export class NativeConnections {
  readonly #host: ConnectionHost
  /** A slot's next user takes the place of one whose end was not told. */
  readonly #known: (NativeConnection | undefined)[][]
  /** Ids count whom JavaScript was told of; beyond the border a slot and a generation name them. */
  #lastId = 0

  constructor(host: ConnectionHost, loops: number) {
    this.#host = host
    this.#known = Array.from({ length: loops }, () => [])
  }

  /** A connection that is told of for the first time. */
  meet(whom: Whom, peer: PackedPeer, openedAtMs: number): NativeConnection {
    this.#lastId += 1
    const connection = new NativeConnection(this.#host, this.#lastId, whom, peer, openedAtMs)
    const slots = this.#known[whom.loop] as (NativeConnection | undefined)[]
    slots[whom.slot] = connection
    return connection
  }

  /** A connection that is there still, if it is. */
  look(whom: Whom): NativeConnection | undefined {
    const connection = this.#known[whom.loop]?.[whom.slot]
    return connection?.generation === whom.generation ? connection : undefined
  }

  /** A connection of which the loop spoke: it was told of before, and its end was not. */
  find(whom: Whom): NativeConnection {
    const connection = this.look(whom)
    if (connection === undefined) {
      throw new Error(`connection ${whom.loop}/${whom.slot}/${whom.generation} was never told of`)
    }
    return connection
  }

  /** A connection has ended. */
  forget(whom: Whom): void {
    const slots = this.#known[whom.loop] as (NativeConnection | undefined)[]
    slots[whom.slot] = undefined
  }
}
