/**
 * What JavaScript does to connections of a native server of its own accord: hands it to the loops
 * and waits for what they reply.
 */

import type { HandlerSettings } from './ask-handler.ts'
import type { NativeServer } from './native.ts'
import type { ConnectionHost, Steer } from './native-connection.ts'
import type { Whom } from './native-inbox.ts'
import { type Reply, sumReached, Tickets } from './native-tickets.ts'
import type { ConnectionStats } from './types.ts'

/** The numbers that the addon knows them by. */
const STEERS: Readonly<Record<Steer, number>> = { pause: 0, resume: 1, close: 2 }

/** The actions of one server. */
export class NativeActions implements ConnectionHost {
  readonly settings: HandlerSettings
  readonly startedAtMs: number = Date.now()
  readonly #native: NativeServer
  readonly #tickets = new Tickets()
  /** What was answered before an action must reach the loops before it. */
  readonly #flush: () => void

  constructor(native: NativeServer, settings: HandlerSettings, flush: () => void) {
    this.#native = native
    this.settings = settings
    this.#flush = flush
  }

  async send({ loop, slot, generation }: Whom, bytes: Buffer): Promise<boolean> {
    const replies = await this.#ask(ticket => {
      return this.#native.send(loop, slot, generation, ticket, bytes)
    })
    return sumReached(replies) > 0
  }

  async broadcast(bytes: Buffer, group: string | undefined): Promise<number> {
    const to = group === undefined ? undefined : Buffer.from(group)
    return sumReached(await this.#ask(ticket => this.#native.broadcast(ticket, bytes, to)))
  }

  async setMember(whom: Whom, group: string, joins: boolean): Promise<boolean> {
    const { loop, slot, generation } = whom
    const name = Buffer.from(group)
    const replies = await this.#ask(ticket => {
      return this.#native.setMember(loop, slot, generation, ticket, name, joins)
    })
    return sumReached(replies) > 0
  }

  async inspect({ loop, slot, generation }: Whom): Promise<ConnectionStats | undefined> {
    const [reply] = await this.#ask(ticket => this.#native.inspect(loop, slot, generation, ticket))
    return reply !== undefined && 'stats' in reply ? reply.stats : undefined
  }

  /** Connections of a loop, in several steps, each once. */
  async *list(loop: number): AsyncGenerator<Whom, undefined> {
    for (let from: number | undefined = 0; from !== undefined; ) {
      const slot: number = from
      const [reply] = await this.#ask(ticket => this.#native.list(loop, slot, ticket))
      if (reply === undefined || !('listed' in reply)) return
      const { listed, next } = reply
      for (let at = 0; at < listed.length; at += 2) {
        yield { loop, slot: listed[at] as number, generation: listed[at + 1] as number }
      }
      from = next
    }
  }

  steer({ loop, slot, generation }: Whom, steer: Steer): void {
    this.#flush()
    this.#native.steer(loop, slot, generation, STEERS[steer])
  }

  /** A loop replied. */
  settle(ticket: number, reply: Reply): void {
    this.#tickets.settle(ticket, reply)
  }

  /** The server has ended, and no loop replies any more. */
  end(): void {
    this.#tickets.end()
  }

  #ask(act: (ticket: number) => boolean | number): Promise<readonly Reply[]> {
    this.#flush()
    return this.#tickets.ask(ticket => Number(act(ticket)))
  }
}
