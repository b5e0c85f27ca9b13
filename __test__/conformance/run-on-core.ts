/**
 * Runs one case against the pure-JavaScript core: no socket, and time that passes when told.
 *
 * It is the smallest driver that there can be, so what the core leaves to its driver is seen here:
 * reading only when asked to, sending what there is, asking the handler, and keeping the clock.
 */

import { setImmediate as turn } from 'node:timers/promises'
import { askHandler } from '../../src/ask-handler.ts'
import type { CloseCode, LancelotError } from '../../src/errors.ts'
import { parseServerOptions, type ServerSettings } from '../../src/options.ts'
import { AnswerMap } from '../../src/protocol/answers.ts'
import { Connection } from '../../src/protocol/connection.ts'
import { Routes } from '../../src/protocol/routes.ts'
import { newStats, type Shared } from '../../src/protocol/shared.ts'
import type { TakenRequest } from '../../src/protocol/tasks.ts'
import type { Connection as PublicConnection, Stats } from '../../src/types.ts'
import { CaseHandler } from './case-handler.ts'
import { bytes, type Case, type Step, serverOptions, type TalkCase, text } from './cases.ts'
import type { Outcome } from './run-on-server.ts'

/** Runs a case; the outcome should equal `wantedOutcome`, but for the counters of a driver. */
export async function runOnCore(from: Case): Promise<Outcome> {
  if ('refused' in from) {
    try {
      const settings = parseServerOptions(serverOptions(from))
      new AnswerMap(settings, settings.answers)
      return {}
    } catch (error) {
      return { refused: (error as LancelotError).code }
    }
  }
  return new CoreConversation(from).run()
}

const TURNS_MAX = 1000
const SEND_BYTES_MAX = 65_536
/** No handler of a case looks at more of it. */
const PEER = { id: 1 } as PublicConnection

class CoreConversation {
  readonly #case: TalkCase
  readonly #handler: CaseHandler
  readonly #settings: ServerSettings
  readonly #stats: Stats = newStats()
  readonly #connection: Connection
  /** Sent by the peer and not read. */
  readonly #unread: Buffer[] = []
  #isFinished = false
  #out = ''
  #expectedBytes = 0
  /** How many more bytes the peer takes. */
  #takes = Number.POSITIVE_INFINITY
  #now = 1000
  #cutAt = Number.POSITIVE_INFINITY

  constructor(from: TalkCase) {
    this.#case = from
    this.#handler = new CaseHandler(from.handler ?? new Map(), () => {})
    const options = serverOptions(from)
    if (from.handler) options.handler = this.#handler.handle
    this.#settings = parseServerOptions(options)
    const answers = new AnswerMap(this.#settings, this.#settings.answers)
    const shared: Shared = {
      settings: this.#settings,
      answers,
      routes: new Routes(this.#settings.routes, this.#settings.handler),
      interest: { requested: false, responded: false },
      tally: this.#stats,
    }
    this.#connection = new Connection(shared, this.#now)
  }

  async run(): Promise<Outcome> {
    const { steps, code, requests } = this.#case
    await this.#settle()
    for (const step of steps) {
      await this.#step(step)
      await this.#settle()
    }
    if (code === 'finished' || code === 'truncated') this.#isFinished = true
    await this.#end()
    if (this.#handler.faults.length > 0) {
      throw new Error(
        `the handler was asked what the case does not foresee: ${this.#handler.faults}`,
      )
    }
    return {
      out: this.#out,
      code: this.#connection.code as CloseCode,
      requests: requests === undefined ? undefined : this.#connection.requestCount,
      stats: this.#countedStats(),
    }
  }

  async #step(step: Step): Promise<void> {
    if (step.send !== undefined) this.#unread.push(bytes(step.send))
    if (step.expect !== undefined) this.#expect(step.expect)
    if (step.asked !== undefined && !this.#handler.wasAsked(step.asked)) {
      throw new Error(`the handler was not asked ${JSON.stringify(step.asked)}`)
    }
    if (step.release !== undefined) this.#handler.release(step.release)
    if (step.wait !== undefined) await this.#pass(step.wait)
    if (step.finish) this.#isFinished = true
    if (step.reset) this.#connection.handleReset()
    if (step.stop !== undefined) {
      this.#connection.stop(this.#now)
      this.#cutAt = this.#now + step.stop
    }
    if (step.end) await this.#end()
    if (step.take !== undefined) this.#takes = step.take
    if (step.reading !== undefined) this.#check('reading', this.#connection.wantsRead, step.reading)
    if (step.state !== undefined) this.#check('state', this.#connection.state, step.state)
  }

  #check(what: string, is: unknown, wanted: unknown): void {
    if (is !== wanted) throw new Error(`${what} is ${is} where the case wants ${wanted}`)
  }

  #expect(wanted: string): void {
    const arrived = this.#out.slice(this.#expectedBytes, this.#expectedBytes + wanted.length)
    this.#expectedBytes += wanted.length
    this.#check('what arrived', JSON.stringify(arrived), JSON.stringify(wanted))
  }

  /** Time passes until the connection has ended, the peer answering the server's FIN. */
  async #end(): Promise<void> {
    for (let turnsLeft = TURNS_MAX; turnsLeft > 0; turnsLeft -= 1) {
      if (this.#connection.state === 'lingering') this.#isFinished = true
      await this.#settle()
      if (this.#connection.state === 'closed') return
      if (this.#connection.state === 'lingering') continue
      const due = Math.min(this.#connection.deadline, this.#cutAt)
      if (due === Number.POSITIVE_INFINITY) break
      await this.#pass(due - this.#now)
    }
    throw new Error(`nothing would end it: ${this.#connection.state}`)
  }

  async #pass(ms: number): Promise<void> {
    const until = this.#now + ms
    for (;;) {
      const due = Math.min(this.#connection.deadline, this.#cutAt)
      if (due > until) break
      this.#now = Math.max(this.#now, due)
      if (this.#cutAt <= this.#now) {
        this.#connection.cut()
        this.#cutAt = Number.POSITIVE_INFINITY
      } else {
        this.#connection.handleDeadline(this.#now)
      }
      await this.#settle()
    }
    this.#now = until
  }

  /** Does what a driver does, until nothing is left that needs no time. */
  async #settle(): Promise<void> {
    for (let turnsLeft = TURNS_MAX; turnsLeft > 0; turnsLeft -= 1) {
      // Promises of the handler settle between two turns.
      await turn()
      const isBusy = [this.#ask(), this.#send(), this.#read()].includes(true)
      if (!isBusy) return
    }
    throw new Error('the core never comes to rest')
  }

  #ask(): boolean {
    const task = this.#connection.takeTask()
    if (task?.kind === 'request') this.#answer(task)
    return task !== undefined
  }

  #answer({ number, request }: TakenRequest): void {
    askHandler(this.#handler.handle, request, PEER, this.#settings, outcome => {
      this.#connection.handleResponse(number, outcome, this.#now)
    })
  }

  #send(): boolean {
    if (this.#takes === 0) return false
    const output = this.#connection.takeOutput(Math.min(this.#takes, SEND_BYTES_MAX))
    if (!output) return false
    this.#takes -= output.length
    this.#out += text(output)
    this.#connection.handleSent(output.length, this.#now)
    return true
  }

  #read(): boolean {
    if (!this.#connection.wantsRead) return false
    const piece = this.#unread.shift()
    if (piece) this.#connection.handlePiece(piece, this.#now)
    else if (this.#isFinished && this.#finishes()) this.#connection.handleFinished(this.#now)
    else return false
    return true
  }

  /** The end of the stream is read once. */
  #hasReadEnd = false
  #finishes(): boolean {
    const isFirst = !this.#hasReadEnd
    this.#hasReadEnd = true
    return isFirst
  }

  /** The counters that the core keeps itself. */
  #countedStats(): Partial<Stats> {
    const names = Object.keys(this.#case.stats) as (keyof Stats)[]
    return Object.fromEntries(names.map(name => [name, this.#stats[name]]))
  }
}
