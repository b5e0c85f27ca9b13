/**
 * Runs one case against a real server, over a real socket.
 *
 * Each case starts its own server. Everything waits for events; only the `wait` steps of a case let
 * time pass.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { CloseCode, LancelotError } from '../../src/errors.ts'
import type {
  Address,
  CloseOptions,
  ConnectionSummary,
  ServerEvents,
  ServerOptions,
  Stats,
  StopSummary,
} from '../../src/types.ts'
import { CaseHandler } from './case-handler.ts'
import { type Case, type RefusedCase, type Step, serverOptions, type TalkCase } from './cases.ts'
import { Changes } from './changes.ts'
import { Peer } from './peer.ts'

/** What a conformance run needs of a server. */
export interface Server {
  readonly address: Address
  stats(): Stats
  close(options?: CloseOptions): Promise<StopSummary>
  on<Name extends keyof ServerEvents>(
    event: Name,
    listener: (...args: ServerEvents[Name]) => void,
  ): unknown
}

/** Starts the server under test. */
export type Start = (options: ServerOptions) => Promise<Server>

/** What happened, in the words of a case. */
export interface Outcome {
  out?: string
  code?: CloseCode
  requests?: number | undefined
  stats?: Partial<Stats>
  refused?: string
}

/** What the case says should happen. */
export function wantedOutcome(from: Case): Outcome {
  if ('refused' in from) return { refused: from.refused }
  const { out, code, requests, stats } = from
  return { out, code, requests, stats }
}

/** Runs a case; the outcome should equal `wantedOutcome`. */
export async function runOnServer(from: Case, start: Start): Promise<Outcome> {
  return 'refused' in from ? runRefused(from, start) : new Conversation(from).run(start)
}

async function runRefused(from: RefusedCase, start: Start): Promise<Outcome> {
  let server: Server
  try {
    server = await start({ ...serverOptions(from), port: 0 })
  } catch (error) {
    return { refused: (error as LancelotError).code }
  }
  await server.close({ drainMsMax: 0 })
  return {}
}

class Conversation {
  readonly #case: TalkCase
  readonly #changes = new Changes()
  readonly #handler: CaseHandler
  #stopping: Promise<StopSummary> | undefined
  #summary: ConnectionSummary | undefined

  constructor(from: TalkCase) {
    this.#case = from
    this.#handler = new CaseHandler(from.handler ?? new Map(), () => this.#changes.notify())
  }

  async run(start: Start): Promise<Outcome> {
    const options: ServerOptions = { ...serverOptions(this.#case), port: 0 }
    if (this.#case.handler) options.handler = this.#handler.handle
    const server = await start(options)
    try {
      server.on('error', () => {})
      server.on('close', (_, summary) => {
        this.#summary = summary
        this.#changes.notify()
      })
      const peer = await Peer.connect(server.address, this.#changes)
      try {
        return await this.#converse(server, peer)
      } finally {
        peer.destroy()
      }
    } finally {
      await server.close({ drainMsMax: 0 })
    }
  }

  async #converse(server: Server, peer: Peer): Promise<Outcome> {
    const { steps, code, requests, stats } = this.#case
    for (const step of steps) await this.#step(step, server, peer)
    const isReset = steps.some(step => step.reset)
    if (code === 'finished' || code === 'truncated') peer.finish()
    if (!isReset) await this.#end(peer)
    if (this.#handler.faults.length > 0) {
      throw new Error(
        `the handler was asked what the case does not foresee: ${this.#handler.faults}`,
      )
    }
    await this.#checkStop()
    return {
      out: isReset ? peer.expected : peer.out,
      code: this.#ended().code,
      requests: requests === undefined ? undefined : this.#ended().requests,
      stats: await settledStats(server, stats),
    }
  }

  async #step(step: Step, server: Server, peer: Peer): Promise<void> {
    const handler = this.#handler
    if (step.send !== undefined) await peer.send(step.send)
    if (step.expect !== undefined) await peer.expect(step.expect)
    if (step.asked !== undefined)
      await this.#asked(step.asked, () => handler.wasAsked(step.asked ?? ''))
    if (step.release !== undefined) {
      await this.#asked(step.release, () => handler.isWaiting(step.release ?? ''))
      handler.release(step.release)
    }
    if (step.wait !== undefined) await sleep(step.wait)
    if (step.finish) peer.finish()
    if (step.reset) {
      peer.reset()
      await this.#closed()
    }
    if (step.stop !== undefined) this.#stopping = server.close({ drainMsMax: step.stop })
    if (step.end) await this.#end(peer)
  }

  async #asked(request: string, isSo: () => boolean): Promise<void> {
    await this.#changes.until(isSo, () => `for the handler to be asked ${JSON.stringify(request)}`)
  }

  /** The peer reads the server's FIN, answers with its own, and the server has seen that. */
  async #end(peer: Peer): Promise<void> {
    await peer.readToEnd()
    peer.finish()
    await this.#closed()
  }

  async #closed(): Promise<void> {
    await this.#changes.until(
      () => this.#summary !== undefined,
      () => 'for the server to report that the connection ended',
    )
  }

  #ended(): ConnectionSummary {
    if (!this.#summary) throw new Error('the connection has not ended')
    return this.#summary
  }

  /** What was cut is what the server says it cut. */
  async #checkStop(): Promise<void> {
    const stopped = await this.#stopping
    if (!stopped) return
    const cut = this.#ended().code === 'cut' ? 1 : 0
    if (stopped.cut !== cut || stopped.drained > 1 - cut) {
      throw new Error(`ended as ${this.#ended().code}, reported as ${JSON.stringify(stopped)}`)
    }
  }
}

/**
 * The counters that are wanted. Responses that come too late are counted when they arrive, so this
 * looks again while something is still missing.
 */
async function settledStats(server: Server, wanted: Partial<Stats>): Promise<Partial<Stats>> {
  const names = Object.keys(wanted) as (keyof Stats)[]
  for (let looksLeft = 500; ; looksLeft -= 1) {
    const stats = server.stats()
    const found = Object.fromEntries(names.map(name => [name, stats[name]]))
    if (isDeepStrictEqual(found, wanted) || looksLeft === 0) return found
    await sleep(10)
  }
}
