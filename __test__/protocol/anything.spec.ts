/** Whatever happens to a connection, in any order: nothing may break what always holds. */

import { deepStrictEqual, ok } from 'node:assert/strict'
import test from 'ava'
import fc from 'fast-check'
import { Connection } from '../../src/protocol/connection.ts'
import type { Shared } from '../../src/protocol/shared.ts'
import type { Stats } from '../../src/types.ts'
import { newSeed } from '../native/random.ts'
import { receive, send, shareOf } from './talk.ts'

const handler = (): null => null
const REQUEST_BYTES_MAX = 20
const OPTIONS = {
  ...{
    answers: { x: 'X.', quit: { answer: 'Bye.', close: true } },
    routes: { r: handler },
    handler,
  },
  ...{ highWaterBytes: 8, inFlightMax: 2, inFlightServerMax: 2, inFlightBytesMax: 6 },
  ...{ requestBytesMax: REQUEST_BYTES_MAX },
  ...{ idleMsMax: 90, requestMsMax: 50, writeMsMax: 60, handlerMsMax: 70 },
}
const STATES = ['open', 'draining', 'lingering', 'closed']

const happening = fc.oneof(
  fc
    .constantFrom('x?', 'ask?', 'r?x?', 'quit?', '?', 'xx', 'long'.repeat(9))
    .map(text => ({ text })),
  fc.record({ take: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ answer: fc.nat({ max: 3 }), with: fc.constantFrom('R', '', 'handler-close') }),
  fc.record({ pass: fc.integer({ min: 0, max: 80 }) }),
  fc.record({ push: fc.constantFrom('', 'N', 'News') }),
  fc.constantFrom('finish', 'stop', 'room', 'close', 'pause', 'resume').map(act => ({ act })),
)
type Happening = typeof happening extends fc.Arbitrary<infer Kind> ? Kind : never

/** One connection, and what was told of it. */
class Life {
  readonly connection: Connection
  now = 0
  readonly #shared: Shared & { tally: Stats } = {
    ...shareOf(OPTIONS),
    interest: { requested: true, responded: true },
  }
  #state = 0
  #requests = 0
  readonly #asked: number[] = []
  readonly #responses = new Set<number>()

  constructor() {
    this.connection = new Connection(this.#shared, 0)
  }

  happen(what: Happening): void {
    const { connection, now } = this
    if ('text' in what) send(connection, what.text, now)
    else if ('take' in what) receive(connection, now, what.take)
    else if ('push' in what) connection.push(Buffer.from(what.push), now)
    else if ('answer' in what) this.#answer(what.answer, what.with)
    else if ('pass' in what) this.pass(what.pass)
    else this.#act(what.act)
    this.#listen()
    this.#check()
  }

  pass(ms: number): void {
    this.now += ms
    this.connection.handleDeadline(this.now)
  }

  /** What must be so once it has ended. */
  checkEnd(): void {
    this.#listen()
    const { inFlight, inFlightBytes, requests } = this.#shared.tally
    deepStrictEqual([this.connection.state, inFlight, inFlightBytes], ['closed', 0, 0])
    deepStrictEqual(this.#requests, requests)
  }

  #answer(index: number, text: string): void {
    const response = text === 'handler-close' ? ('handler-close' as const) : Buffer.from(text)
    this.connection.handleResponse(this.#asked[index] ?? 0, response, this.now)
  }

  #act(act: string): void {
    const { connection, now } = this
    if (act === 'finish') connection.handleFinished(now)
    if (act === 'stop') connection.stop(now)
    if (act === 'room') connection.handleRoom(now)
    if (act === 'close') connection.close(now)
    if (act === 'pause') connection.pause(now)
    if (act === 'resume') connection.resume(now)
  }

  /** Requests are told of in their order, each once; a response after its request, once. */
  #listen(): void {
    for (let task = this.connection.takeTask(); task; task = this.connection.takeTask()) {
      if (task.kind === 'request') {
        this.#requests += 1
        deepStrictEqual(task.number, this.#requests)
        if (task.route !== undefined) this.#asked.push(task.number)
      } else {
        ok(task.number <= this.#requests && !this.#responses.has(task.number))
        this.#responses.add(task.number)
      }
    }
  }

  #check(): void {
    const { tally } = this.#shared
    const { connection } = this
    const state = STATES.indexOf(connection.state)
    ok(state >= this.#state, 'the state went back')
    this.#state = state
    deepStrictEqual(connection.code === undefined, connection.state === 'open')
    ok(tally.inFlight >= 0 && tally.inFlight <= 2)
    ok(tally.inFlightBytes >= 0 && tally.inFlightBytes < 6 + REQUEST_BYTES_MAX)
    deepStrictEqual(tally.inFlight, connection.inFlight)
    ok(tally.inFlight > 0 || tally.inFlightBytes === 0)
    const { answered, handled, unknown, requests } = tally
    ok(answered + handled + unknown <= requests)
    deepStrictEqual(this.#responses.size, answered + handled + unknown)
    deepStrictEqual([requests, connection.requestCount], [this.#requests, this.#requests])
    ok(connection.state === 'closed' || Number.isFinite(connection.deadline), 'it never ends')
    ok(connection.owedBytes >= 0)
  }
}

test('the state only moves forward, the counters agree, all is told in order, and it ends', t => {
  const seed = newSeed() | 0
  t.log(`SEED=${seed}`)
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40 }), happenings => {
      const life = new Life()
      for (const what of happenings) life.happen(what)
      for (let left = 200; life.connection.state !== 'closed' && left > 0; left--) {
        life.pass(Math.max(0, life.connection.deadline - life.now))
      }
      life.checkEnd()
    }),
    { seed, numRuns: 5000 },
  )
  t.pass()
})
