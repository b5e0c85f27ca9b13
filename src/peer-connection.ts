/**
 * One peer of the JavaScript engine as the application sees it; only made when it is asked for.
 *
 * The application may keep it for ever, so it holds on to the peer only until that is gone.
 */

import type { HandlerSettings } from './ask-handler.ts'
import type { Tally } from './protocol/shared.ts'
import { parseGroup, parsePush } from './push.ts'
import type { Bytes, Connection, ConnectionStats } from './types.ts'

/** What the application may want of a peer, whether it is there or gone. */
export interface PeerControls {
  push(bytes: Buffer): boolean
  close(): void
  pause(): void
  resume(): void
  join(group: string): boolean
  leave(group: string): boolean
  stats(): ConnectionStats | undefined
}

/** A peer that is gone. */
export class GonePeer implements PeerControls {
  readonly #tally: Pick<Tally, 'pushesDropped'>

  constructor(tally: Pick<Tally, 'pushesDropped'>) {
    this.#tally = tally
  }

  push(): boolean {
    this.#tally.pushesDropped += 1
    return false
  }

  close(): void {}

  pause(): void {}

  resume(): void {}

  join(): boolean {
    return false
  }

  leave(): boolean {
    return false
  }

  stats(): undefined {}
}

/** The way from a connection object to its peer, or to what stands for it when it is gone. */
export interface PeerLink {
  peer: PeerControls
}

/** Who a peer is. */
export type PeerIdentity = Pick<Connection, 'id' | 'remoteAddress' | 'remotePort' | 'openedAtMs'>

/** A connection of the JavaScript engine. */
export class PeerConnection implements Connection {
  readonly id: number
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
  readonly openedAtMs: number
  data: unknown = undefined
  readonly #link: PeerLink
  readonly #settings: HandlerSettings

  constructor(who: PeerIdentity, link: PeerLink, settings: HandlerSettings) {
    this.id = who.id
    this.remoteAddress = who.remoteAddress
    this.remotePort = who.remotePort
    this.openedAtMs = who.openedAtMs
    this.#link = link
    this.#settings = settings
  }

  async send(bytes: Bytes): Promise<boolean> {
    const push = parsePush(bytes, this.#settings)
    return this.#link.peer.push(push)
  }

  close(): void {
    this.#link.peer.close()
  }

  pause(): void {
    this.#link.peer.pause()
  }

  resume(): void {
    this.#link.peer.resume()
  }

  async join(group: string): Promise<boolean> {
    const name = parseGroup(group)
    return this.#link.peer.join(name)
  }

  async leave(group: string): Promise<boolean> {
    const name = parseGroup(group)
    return this.#link.peer.leave(name)
  }

  async stats(): Promise<ConnectionStats | undefined> {
    return this.#link.peer.stats()
  }
}
