/** Requests and responses cross the border in batches; none may be lost, mixed up or changed. */

import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import type { Response } from '../../src/types.ts'
import { newSeed, type Random, randomOf } from './random.ts'
import { start } from './start.ts'
import { converse, inTurns } from './talk.ts'

const CONNECTIONS = 50
const REQUESTS_PER_CONNECTION = 200

/** Any of what a handler may answer, picked by the request. */
function responseTo(request: string): Response {
  if (request.endsWith('bye')) return null
  const digest = createHash('sha1').update(request).digest()
  switch ((digest[0] as number) % 5) {
    case 0:
      return digest
    case 1:
      return `${request} größer als 漢字 🗡`
    case 2:
      return ''
    case 3:
      return `${request} `.repeat(digest[1] as number)
    default:
      return `<${request}>`
  }
}

/** Answers now, soon, or much later and in any order. */
class Answerer {
  readonly #random: Random
  readonly #later: (() => void)[] = []

  constructor(random: Random) {
    this.#random = random
  }

  answer(request: string): Response | Promise<Response> {
    const response = responseTo(request)
    switch (this.#random(3)) {
      case 0:
        return response
      case 1:
        return Promise.resolve(response)
      default:
        if (this.#later.length === 0) setImmediate(() => this.#release())
        return new Promise(resolve => this.#later.push(() => resolve(response)))
    }
  }

  /** Lets a random half go, the others after more requests came. */
  #release(): void {
    for (let left = Math.ceil(this.#later.length / 2); left > 0; left -= 1) {
      const [resolve] = this.#later.splice(this.#random(this.#later.length), 1)
      resolve?.()
    }
    if (this.#later.length > 0) setImmediate(() => this.#release())
  }
}

test('10,000 requests of 50 connections are each answered with their own, in order', async t => {
  const seed = newSeed()
  t.log(`SEED=${seed}`)
  const random = randomOf(seed)
  const answerer = new Answerer(random)
  const server = await start(t, { handler: request => answerer.answer(request) })
  await inTurns(CONNECTIONS, CONNECTIONS, async connection => {
    const requests = Array.from({ length: REQUESTS_PER_CONNECTION }, (_, number) => {
      return `${number % 7 === 0 ? 'ü' : 'u'}${connection}.${number}`
    })
    // What comes after the answer that closes is not answered any more.
    const asked = connection % 5 === 0 ? [...requests, 'bye', 'after', 'after'] : requests
    const stream = Buffer.from(asked.map(request => `${request}?`).join(''))
    const cut = random(stream.length)
    const got = await converse(server.address.port, [stream.subarray(0, cut), stream.subarray(cut)])
    const responses = requests.map(request => Buffer.from(responseTo(request) as Uint8Array))
    t.true(got.equals(Buffer.concat(responses)), `connection ${connection} of SEED=${seed}`)
  })
  const { inFlight, handled } = server.stats()
  t.is(inFlight, 0)
  t.true(handled >= CONNECTIONS * REQUESTS_PER_CONNECTION)
  t.deepEqual(await server.close(), { drained: 0, cut: 0 })
})

test("a request longer than the border's text buffer reaches the handler whole", async t => {
  const longBytes = 300_000
  const server = await start(t, {
    requestBytesMax: 2 ** 20,
    handler: request => `${createHash('sha1').update(request).digest('hex')};`,
  })
  const requests = [
    'short',
    'a'.repeat(longBytes),
    '',
    'ä'.repeat(longBytes),
    ...Array.from({ length: 20 }, (_, number) => `${number}`.repeat(40_000)),
    'last',
  ]
  const got = await converse(
    server.address.port,
    requests.map(request => `${request}?`),
  )
  const digests = requests.map(request => createHash('sha1').update(request).digest('hex'))
  t.is(got.toString(), digests.map(digest => `${digest};`).join(''))
})

test('a request is decoded as Buffer does it, whatever its bytes', async t => {
  const seed = newSeed()
  t.log(`SEED=${seed}`)
  const random = randomOf(seed)
  const edges = [
    'c3', // cut short
    'e282', // cut short in three
    'c0af', // longer than it need be
    'eda080', // half of a surrogate pair
    'f4908080', // over U+10FFFF
    'efbbbf41', // a byte order mark
    '00ff00',
    'e6bca2', // valid
    'f09f97a1', // valid, outside the basic plane
  ].map(hex => Buffer.from(hex, 'hex'))
  const delimiter = 0x3f
  const noise = Array.from({ length: 1000 }, () => {
    const bytes = Array.from({ length: random(24) }, () => random(256))
    return Buffer.from(bytes.filter(byte => byte !== delimiter))
  })
  const requests = [...edges, ...noise]
  const asked: string[] = []
  const server = await start(t, {
    handler: request => {
      asked.push(request)
      return ''
    },
  })
  await converse(
    server.address.port,
    requests.flatMap(request => [request, '?']),
  )
  t.deepEqual(
    asked,
    requests.map(request => request.toString('utf8')),
  )
})

test('a response that is too long or no text ends its connection, not its batch', async t => {
  const server = await start(t, {
    answerBytesMax: 8,
    unknownAnswer: '',
    handler: request => {
      if (request === 'throw') throw new Error('on purpose')
      if (request === 'number') return 42 as unknown as string
      return request
    },
  })
  const failures: string[] = []
  server.on('error', error => failures.push(error.message))
  const faults = ['throw', 'number', 'nine ä bytes']
  await inTurns(30, 30, async number => {
    const fault = faults[number % 5]
    const stream = `a?b?${fault === undefined ? '' : `${fault}?`}c?d?`
    const got = await converse(server.address.port, [stream])
    t.is(got.toString(), fault === undefined ? 'abcd' : 'ab')
  })
  const { closes } = server.stats()
  t.deepEqual([closes['handler-threw'], closes['handler-bad-answer']], [6, 12])
  t.is(failures.length, 18)
})

test('a response that comes after the server ended harms nobody', async t => {
  const asked: ((response: string) => void)[] = []
  const server = await start(t, {
    handler: () => new Promise<string>(resolve => asked.push(resolve)),
  })
  const conversation = converse(server.address.port, ['a?b?c?']).catch(() => Buffer.alloc(0))
  while (asked.length < 3) await turn()
  const { cut } = await server.close({ drainMsMax: 0 })
  t.is(cut, 1)
  for (const answer of asked) answer('late')
  await turn()
  await turn()
  t.is((await conversation).length, 0)
  t.like(server.stats(), { accepted: 1, open: 0, requests: 3, handled: 0, inFlight: 0 })
})
