/**
 * A connection as the handler of a pool's thread sees it: what it is told crosses to the main
 * thread. An object for each request: what it holds in `data` ends with that.
 */

import type { HandlerSettings } from '../ask-handler.ts'
import { parseGroup, parsePush } from '../push.ts'
import type { Bytes, Connection, ConnectionStats } from '../types.ts'
import { type Introduction, pack, type Reply } from './messages.ts'
import type { ConnectionAct } from './pool-messages.ts'

/** Does on the main thread what connections ask for, and resolves to what that gives. */
export type Act = (id: number, act: ConnectionAct, argument?: string) => Promise<Reply>

/** One peer. */
export class PoolConnection implements Connection {
  readonly id: number
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
  readonly openedAtMs: number
  data: unknown = undefined
  readonly #settings: HandlerSettings
  readonly #act: Act

  constructor(who: Introduction, settings: HandlerSettings, act: Act) {
    this.id = who.id
    this.remoteAddress = who.remoteAddress
    this.remotePort = who.remotePort
    this.openedAtMs = who.openedAtMs
    this.#settings = settings
    this.#act = act
  }

  async send(bytes: Bytes): Promise<boolean> {
    const push = pack(parsePush(bytes, this.#settings))
    return (await this.#act(this.id, 'send', push)) === true
  }

  close(): void {
    void this.#act(this.id, 'close')
  }

  pause(): void {
    void this.#act(this.id, 'pause')
  }

  resume(): void {
    void this.#act(this.id, 'resume')
  }

  async join(group: string): Promise<boolean> {
    return (await this.#act(this.id, 'join', parseGroup(group))) === true
  }

  async leave(group: string): Promise<boolean> {
    return (await this.#act(this.id, 'leave', parseGroup(group))) === true
  }

  async stats(): Promise<ConnectionStats | undefined> {
    return (await this.#act(this.id, 'stats')) as ConnectionStats | undefined
  }
}
