/** Options: what is refused, with which code and words, and what is taken. */

import test from 'ava'
import type { LancelotError } from '../src/errors.ts'
import { describe } from '../src/option-table.ts'
import { OPTION_TABLE, parseCloseOptions, parseServerOptions } from '../src/options.ts'
import { ENCODINGS } from '../src/text-encoding.ts'
import type { Bytes, Handler, ServerOptions } from '../src/types.ts'

function refusal(options: unknown): LancelotError {
  try {
    parseServerOptions(options as ServerOptions)
  } catch (error) {
    return error as LancelotError
  }
  throw new Error(`taken: ${JSON.stringify(options)}`)
}

const TYPE = 'ERR_LANCELOT_OPTION_TYPE'
const RANGE = 'ERR_LANCELOT_OPTION_RANGE'
const UNKNOWN = 'ERR_LANCELOT_OPTION_UNKNOWN'

const ROUTE = 'ERR_LANCELOT_ROUTE'

const echo = (request: string): string => request

function routes(count: number): [string, Handler][] {
  return Array.from({ length: count }, (_, number) => [`route ${number}`, echo])
}

function* endless(): Generator<[string, Handler], undefined> {
  for (let number = 0; ; number++) yield [`route ${number}`, echo]
}

const twice = (prefix: Bytes): [Bytes, Handler][] => [
  [prefix, echo],
  [prefix, echo],
]

/** Every kind of wrong option: its name, its value, its code, what the message says. */
const WRONG: [string, unknown, string, RegExp][] = [
  ['host', 1, TYPE, /option host is 1 \(number\); allowed is text/],
  ['host', '', RANGE, /0 characters/],
  ['port', '1060', TYPE, /option port is "1060"; allowed is a whole number from 0 to 65535/],
  ['port', null, TYPE, /null/],
  ['port', -1, RANGE, /option port is -1; allowed is a whole number from 0 to 65535/],
  ['port', 65_536, RANGE, /65536/],
  ['port', 1.5, RANGE, /1\.5/],
  ['port', Number.NaN, RANGE, /NaN/],
  ['port', 1n, TYPE, /bigint/],
  ['backlog', 0, RANGE, /1 to 65535/],
  ['loops', 65, RANGE, /1 to 64/],
  ['reusePort', 1, TYPE, /true or false/],
  ['delimiter', '', RANGE, /0 bytes; .* 1 to 16 bytes/],
  ['delimiter', 'x'.repeat(17), RANGE, /17 bytes/],
  ['delimiter', 'é'.repeat(9), RANGE, /18 bytes/],
  ['delimiter', 63, TYPE, /text or bytes/],
  ['delimiter', null, TYPE, /null/],
  ['answers', 'x', TYPE, /an object, a Map or pairs/],
  ['answers', null, TYPE, /null/],
  ['answers', Buffer.from('x'), TYPE, /an object, a Map or pairs/],
  ['handler', 'x', TYPE, /a function/],
  ['handler', null, TYPE, /a function/],
  ['routes', 'x', TYPE, /an object, a Map or pairs/],
  ['routes', null, TYPE, /null/],
  ['routes', { get: 'x' }, TYPE, /routes holds "x" for "get"; allowed is a function/],
  ['routes', [['get']], TYPE, /routes holds an array; allowed is pairs \[key, value\]/],
  ['routes', [[1, echo]], TYPE, /routes holds the prefix 1 \(number\); allowed is text or bytes/],
  ['routes', routes(1025), RANGE, /over 1024 routes; allowed is at most 1024 routes/],
  ['routes', endless(), RANGE, /over 1024 routes/],
  ['routes', { '': echo }, ROUTE, /prefix "" in routes is empty; allowed are 1 to 16384 bytes/],
  ['routes', { 'a?b': echo }, ROUTE, /"a\?b" in routes can never match: it holds the delimiter/],
  ['routes', { 'a?': echo }, ROUTE, /can never match: it holds the delimiter/],
  ['routes', [['x'.repeat(16_385), echo]], ROUTE, /16385 bytes .* requestBytesMax \(16384\)/],
  ['routes', [...twice('a'), ['b', echo]], ROUTE, /"a" in routes stands twice/],
  ['routes', [['é', echo], ...twice(Buffer.from('é'))], ROUTE, /"é" in routes stands twice/],
  ['encoding', 'utf-8', RANGE, /is "utf-8"; allowed is "utf8" or "latin1" or "buffer"/],
  ['encoding', null, TYPE, /is null; allowed is "utf8" or "latin1" or "buffer"/],
  ['unknownAnswer', 1, TYPE, /text, bytes or null/],
  ['answerSuffix', 'x'.repeat(1025), RANGE, /1025 bytes/],
  ['greeting', 'x'.repeat(65_537), RANGE, /65537 bytes/],
  ['requestBytesMax', 2 ** 24 + 1, RANGE, /1 to 16777216/],
  ['answerBytesMax', 0, RANGE, /1 to 67108864/],
  ['highWaterBytes', 0, RANGE, /1 to 67108864/],
  ['inFlightMax', 65_537, RANGE, /1 to 65536/],
  ['inFlightServerMax', 0, RANGE, /1 to 1048576/],
  ['inFlightBytesMax', 2 ** 30 + 1, RANGE, /1 to 1073741824/],
  ['connectionsMax', 2 ** 20 + 1, RANGE, /1 to 1048576/],
  ['idleMsMax', 2 ** 31, RANGE, /1 to 2147483647/],
  ['requestMsMax', 0, RANGE, /1 to 2147483647/],
  ['writeMsMax', Number.POSITIVE_INFINITY, RANGE, /Infinity/],
  ['handlerMsMax', '30s', TYPE, /"30s"/],
  ['signal', {}, TYPE, /an AbortSignal/],
  ['prot', 1, UNKNOWN, /is it port\?/],
  ['deliminator', '?', UNKNOWN, /is it delimiter\?/],
  ['IDLEMSMAX', 1, UNKNOWN, /is it idleMsMax\?/],
  ['zzzzzzzz', 1, UNKNOWN, /allowed are host, port/],
]

for (const [number, [option, value, code, message]] of WRONG.entries()) {
  test(`${option} may not be ${describe(value)} (${number})`, t => {
    const error = refusal({ [option]: value })
    t.deepEqual([error.code, error.option], [code, option])
    t.regex(error.message, message)
  })
}

test('an option of the prototype is unknown, not obeyed', t => {
  t.is(refusal(JSON.parse('{"__proto__": {"port": 1}}')).code, UNKNOWN)
  t.is(refusal({ constructor: 1 }).code, UNKNOWN)
})

test('options that are no object are refused', t => {
  for (const options of [null, 1, 'x', [], () => {}]) t.is(refusal(options).code, TYPE)
})

test('the answer to what nobody knows obeys the limit on answers', t => {
  const error = refusal({ unknownAnswer: 'four', answerBytesMax: 3 })
  t.deepEqual([error.code, error.option], [RANGE, 'unknownAnswer'])
  t.is(parseServerOptions({ unknownAnswer: null, answerBytesMax: 3 }).unknownAnswer, null)
})

test('routes keep their order, whichever way they are written, and their bytes are copied', t => {
  const bytes = Buffer.from('ab')
  const other = (): null => null
  const pairs: [Bytes, Handler][] = [
    ['b', echo],
    [bytes, other],
    ['é', echo],
  ]
  const wanted = [
    { prefix: Buffer.from('b'), handler: echo },
    { prefix: Buffer.from('ab'), handler: other },
    { prefix: Buffer.from('é'), handler: echo },
  ]
  const parsed = parseServerOptions({ routes: pairs, encoding: 'latin1' }).routes
  bytes.fill(0)
  t.deepEqual(parsed, wanted as never)
  t.deepEqual(parseServerOptions({ routes: { b: echo, ab: other, é: echo } }).routes, parsed)
  t.deepEqual(parseServerOptions({ routes: new Map([['b', echo]]) }).routes, parsed.slice(0, 1))
  t.is(parseServerOptions({ routes: routes(1024) }).routes.length, 1024)
})

test('a route is held against the delimiter and the longest request that are given', t => {
  t.is(parseServerOptions({ routes: { 'a?b': echo }, delimiter: '\n' }).routes.length, 1)
  t.is(parseServerOptions({ routes: { 'a?b': echo }, delimiter: '??' }).routes.length, 1)
  t.is(refusal({ routes: { 'a\nb': echo }, delimiter: '\n' }).code, ROUTE)
  t.is(parseServerOptions({ routes: { abc: echo }, requestBytesMax: 3 }).routes.length, 1)
  t.is(refusal({ routes: { abcd: echo }, requestBytesMax: 3 }).code, ROUTE)
})

test('every encoding is a choice', t => {
  t.deepEqual(OPTION_TABLE.encoding.values, ENCODINGS)
  for (const encoding of ENCODINGS) t.is(parseServerOptions({ encoding }).encoding, encoding)
})

test('what is not given, or undefined, is the default of the table', t => {
  const settings = parseServerOptions({ port: undefined } as unknown as ServerOptions)
  for (const [option, row] of Object.entries(OPTION_TABLE)) {
    const value = settings[option as keyof typeof settings]
    t.deepEqual(Buffer.isBuffer(value) ? value.toString() : value, row.default, option)
  }
})

test('both ends of every range are allowed', t => {
  for (const [option, { type, min = 0, max = 0 }] of Object.entries(OPTION_TABLE)) {
    if (type !== 'integer') continue
    for (const value of [min, max]) {
      const settings = parseServerOptions({ unknownAnswer: null, [option]: value })
      t.is(settings[option as 'port'], value)
    }
  }
})

test('bytes are copied, so that a change to them changes no setting', t => {
  const delimiter = Buffer.from('??')
  const settings = parseServerOptions({ delimiter, greeting: new Uint8Array([255]) })
  delimiter.fill('!')
  t.deepEqual([settings.delimiter.toString(), [...settings.greeting]], ['??', [255]])
})

test('the options of close are checked too', t => {
  t.is(parseCloseOptions({}).drainMsMax, 5000)
  t.is(parseCloseOptions({ drainMsMax: 0 }).drainMsMax, 0)
  const wrong = t.throws(() => parseCloseOptions({ drainMsMax: -1 })) as LancelotError
  t.is(wrong.code, RANGE)
  const unknown = t.throws(() => parseCloseOptions({ drainMs: 1 } as never)) as LancelotError
  t.deepEqual([unknown.code, unknown.option], [UNKNOWN, 'drainMs'])
})
