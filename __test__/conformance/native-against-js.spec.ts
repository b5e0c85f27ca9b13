/**
 * The native server and the JavaScript server do the same on random scripts: the same bytes, the
 * same close code and the same counters, however the stream was cut.
 *
 * Properties assert with node:assert, so that what is reported is fast-check's: the seed, and the
 * script after shrinking.
 */

import { deepStrictEqual } from 'node:assert/strict'
import test from 'ava'
import fc from 'fast-check'
import { startJsServer, startPollServer } from '../../index.ts'
import type { LancelotError } from '../../src/errors.ts'
import type {
  Answer,
  ConnectionSummary,
  Handler,
  Response,
  ServerOptions,
} from '../../src/types.ts'
import { bytes } from './cases.ts'
import { Changes } from './changes.ts'
import { Peer } from './peer.ts'
import type { Start } from './run-on-server.ts'

/** What the handler does with a request, chosen by its bytes so that both servers choose alike. */
type HandlerKind = 'none' | 'now' | 'later' | 'mixed' | 'failing'

interface Script {
  delimiter: string
  answers: [string, string, boolean][]
  handlerKind: HandlerKind
  options: ServerOptions
  stream: string
  cuts: number[]
}

/** Few characters, so that requests match, delimiters start falsely and keys collide. */
const word = (max: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom('a', 'b', '\r', '\n', '?', '\0', '\xff'), maxLength: max })

const script: fc.Arbitrary<Script> = fc
  .record({
    delimiter: fc.constantFrom('?', '\r\n', '\0', 'aa', 'abab', '\r\r\n'),
    keys: fc.array(fc.tuple(word(4), word(6), fc.integer({ min: 0, max: 9 })), { maxLength: 8 }),
    handlerKind: fc.constantFrom<HandlerKind>('none', 'now', 'later', 'mixed', 'failing'),
    options: fc.record(
      {
        requestBytesMax: fc.integer({ min: 1, max: 6 }),
        unknownAnswer: fc.constantFrom('', 'Unknown.', null),
        answerSuffix: fc.constantFrom('.', '\r\n'),
        greeting: fc.constant('Hello.'),
        highWaterBytes: fc.integer({ min: 1, max: 20 }),
        inFlightMax: fc.integer({ min: 1, max: 4 }),
        inFlightServerMax: fc.integer({ min: 1, max: 4 }),
      },
      { requiredKeys: [] },
    ),
    // A number asks for a key of the table, so that about half of the requests are known.
    requests: fc.array(fc.oneof(word(5), fc.nat(7)), { maxLength: 20 }),
    // One table in twenty may be one that both must refuse.
    mayBeRefused: fc.nat(19).map(twentieth => twentieth === 0),
    tail: word(4),
    cuts: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 20 }),
  })
  .map(({ keys, requests, tail, delimiter, mayBeRefused, ...rest }) => {
    const { requestBytesMax = 16 } = rest.options
    const canMatch = (key: string): boolean =>
      `${key}${delimiter}`.indexOf(delimiter) === key.length && key.length <= requestBytesMax
    const table = keys.filter(([key]) => mayBeRefused || canMatch(key))
    const asked = (request: string | number): string =>
      typeof request === 'string' ? request : (table[request % table.length]?.[0] ?? '')
    return {
      ...rest,
      delimiter,
      // One in ten answers closes, so that most streams are read on.
      answers: table.map(([key, answer, tenth]): [string, string, boolean] => {
        return [key, answer, tenth === 0]
      }),
      stream: requests.map(request => asked(request) + delimiter).join('') + tail,
    }
  })

function handlerOf(kind: HandlerKind): Handler {
  return request => {
    const response: Response = `<${request.length}>`
    const isLater = kind === 'later' || (kind !== 'now' && request.length % 2 === 0)
    if (kind === 'failing' && request.length > 2) return fail(request.length)
    return isLater ? new Promise(resolve => setImmediate(() => resolve(response))) : response
  }
}

function fail(length: number): Response | Promise<Response> {
  if (length === 3) return null
  if (length === 4) throw new Error('thrown by the script')
  return Promise.reject(new Error('rejected by the script'))
}

function optionsOf({ options, delimiter, answers, handlerKind }: Script): ServerOptions {
  const table = answers.map(([key, answer, close]): [Uint8Array, Answer] => {
    return [bytes(key), { answer: bytes(answer), close }]
  })
  const handler = handlerKind === 'none' ? {} : { handler: handlerOf(handlerKind) }
  return { ...options, ...handler, delimiter: bytes(delimiter), answers: table, port: 0 }
}

/** Everything that the peer and the server's owner can see of one conversation. */
async function transcript(from: Script, start: Start): Promise<unknown> {
  let server: Awaited<ReturnType<Start>>
  try {
    server = await start(optionsOf(from))
  } catch (error) {
    return { refused: (error as LancelotError).code }
  }
  try {
    const changes = new Changes()
    let ended: Partial<ConnectionSummary> | undefined
    server.on('error', () => {})
    server.on('close', (_, { durationMs, ...summary }) => {
      ended = summary
      changes.notify()
    })
    const peer = await Peer.connect(server.address, changes)
    for (const piece of cut(from.stream, from.cuts)) await peer.send(piece)
    peer.finish()
    await peer.readToEnd()
    await changes.until(
      () => ended !== undefined,
      () => 'for the close event',
    )
    peer.destroy()
    // When a handler ends the connection, what was taken after that request is a matter of timing.
    if (ended?.code?.startsWith('handler-')) return { out: peer.out, code: ended.code }
    return { out: peer.out, ended, stats: server.stats() }
  } finally {
    await server.close({ drainMsMax: 0 })
  }
}

function* cut(stream: string, sizes: readonly number[]): Generator<string> {
  let start = 0
  for (let index = 0; start < stream.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1
    yield stream.slice(start, start + size)
    start += size
  }
}

test('native and JavaScript transcripts, codes and counters are the same', async t => {
  await fc.assert(
    fc.asyncProperty(script, async from => {
      const native = await transcript(from, startPollServer)
      deepStrictEqual(native, await transcript(from, startJsServer))
    }),
    { numRuns: 300 },
  )
  t.pass()
})

test('the same stream gives the same transcript however it is cut', async t => {
  await fc.assert(
    fc.asyncProperty(script, async from => {
      const whole = { ...from, cuts: [from.stream.length + 1] }
      deepStrictEqual(
        await transcript(from, startPollServer),
        await transcript(whole, startJsServer),
      )
    }),
    { numRuns: 100 },
  )
  t.pass()
})
