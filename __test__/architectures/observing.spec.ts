/** The events of requests and responses: what is told, in which order, and as what. */

import test from 'ava'
import type { Connection, Encoding, ServerOptions } from '../../src/types.ts'
import { SocketClient } from '../socket-client.ts'
import {
  ENGINES,
  type Engine,
  HeldHandler,
  meet,
  nextClose,
  start,
  until,
  untilStats,
} from './engines.ts'

/** What was told of one connection after another, in words. */
async function observed<E extends Encoding = 'utf8'>(
  t: Parameters<typeof start>[0],
  engine: Engine,
  options: ServerOptions<E>,
): Promise<{ server: Awaited<ReturnType<typeof start<E>>>; told: string[] }> {
  const server = await start(t, engine, options)
  const told: string[] = []
  const show = (bytes: string | Buffer): string => {
    return Buffer.isBuffer(bytes) ? `<${bytes.toString('hex')}>` : bytes
  }
  server.on('connection', () => told.push('connection'))
  server.on('request', (_, request, number) => told.push(`request ${number}: ${show(request)}`))
  server.on('response', (_, response, number) => {
    told.push(`response ${number}: ${show(response)}`)
  })
  server.on('close', (_, { code }) => told.push(`close ${code}`))
  return { server, told }
}

/** What was told that begins so, in its order. */
function those(told: readonly string[], beginning: string): string[] {
  return told.filter(text => text.startsWith(beginning))
}

for (const engine of ENGINES) {
  test(`${engine}: every request and response is told of, whoever answers`, async t => {
    const held = new HeldHandler()
    const { server, told } = await observed(t, engine, {
      answers: { x: 'X.', empty: '' },
      routes: { 'get ': request => `${request.slice(4)}.` },
      handler: held.handle,
      answerSuffix: '!',
    })
    const client = await SocketClient.open(server.address)
    const closed = nextClose(server)
    client.send('x?get it?later?empty?later too?x?')
    await held.asked('later', 'later too')
    held.release('later too', 'Too.')
    held.release('later', 'Late.')
    await client.expect('X.!it.!Late.!!Too.!X.!')
    await client.finish()
    await closed
    await until(() => told.length === 14)
    t.deepEqual([told[0], told.at(-1)], ['connection', 'close finished'])
    t.deepEqual(those(told, 'request'), [
      ...['request 1: x', 'request 2: get it', 'request 3: later', 'request 4: empty'],
      ...['request 5: later too', 'request 6: x'],
    ])
    const responses = [
      ...['response 1: X.', 'response 2: it.', 'response 3: Late.', 'response 4: '],
      ...['response 5: Too.', 'response 6: X.'],
    ]
    t.deepEqual(those(told, 'response').sort(), responses)
    for (let number = 1; number <= 6; number++) {
      const request = told.findIndex(text => text.startsWith(`request ${number}`))
      const response = told.findIndex(text => text.startsWith(`response ${number}`))
      t.true(request < response, `request ${number} is told of before its response`)
    }
    const [early, late] = [told.indexOf('response 5: Too.'), told.indexOf('response 3: Late.')]
    t.true(early < late, 'a response is told of when it is there')
  })

  test(`${engine}: without a handler the unknown answer is a response`, async t => {
    const { server, told } = await observed(t, engine, {
      unknownAnswer: 'What? ',
      greeting: 'Hi. ',
    })
    const client = await SocketClient.open(server.address)
    client.send('a?x?')
    await client.expect('Hi. What? X.')
    await until(() => told.length === 5)
    t.deepEqual(those(told, 'resp'), ['response 1: What? ', 'response 2: X.'])
  })

  test(`${engine}: what closes is no response, an answer that closes is one`, async t => {
    const { server, told } = await observed(t, engine, {
      answers: { quit: { answer: 'Bye.', close: true } },
      handler: () => null,
    })
    for (const [stream, out] of [
      ['a?', ''],
      ['quit?', 'Bye.'],
    ] as const) {
      const closed = nextClose(server)
      const client = await SocketClient.open(server.address)
      client.send(stream)
      t.is(await client.ended, 'fin')
      t.is(client.received, out)
      await client.finish()
      await closed
    }
    t.deepEqual(told, [
      ...['connection', 'request 1: a', 'close handler-close'],
      ...['connection', 'request 1: quit', 'response 1: Bye.', 'close answer-close'],
    ])
  })

  test(`${engine}: a response that nobody waits for any more is not told of`, async t => {
    const held = new HeldHandler()
    const { server, told } = await observed(t, engine, { handler: held.handle })
    const client = await SocketClient.open(server.address)
    const closed = nextClose(server)
    client.send('x?later?')
    await held.asked('later')
    client.reset()
    await closed
    held.release('later', 'Late.')
    await until(() => server.stats().responsesDropped === 1)
    t.deepEqual(told, [
      ...['connection', 'request 1: x', 'response 1: X.', 'request 2: later', 'close reset'],
    ])
  })

  test(`${engine}: requests and responses are told of as the encoding says`, async t => {
    // Not UTF-8; then text of two bytes a character.
    const stream = 'aÿ?Ã¼?'
    const wanted = {
      utf8: ['request 1: a\uFFFD', 'request 2: ü', 'response 1: ü', 'response 2: ÿ'],
      latin1: ['request 1: aÿ', 'request 2: Ã¼', 'response 1: Ã¼', 'response 2: Ã¿'],
      buffer: [
        'request 1: <61ff>',
        'request 2: <c3bc>',
        'response 1: <c3bc>',
        'response 2: <c3bf>',
      ],
    }
    for (const encoding of ['utf8', 'latin1', 'buffer'] as const) {
      const { server, told } = await observed<Encoding>(t, engine, {
        encoding,
        answers: [[Buffer.from([0x61, 0xff]), 'ü']],
        handler: () => Buffer.from('ÿ'),
      })
      const client = await SocketClient.open(server.address)
      client.send(stream)
      await client.expect('Ã¼Ã¿')
      await until(() => told.length === 5)
      t.deepEqual(told.slice(1).sort(), wanted[encoding], encoding)
    }
  })

  test(`${engine}: the handler's requests and responses are as the encoding says`, async t => {
    const seen: unknown[] = []
    const talk = async <E extends Encoding>(
      encoding: E,
      response: string,
      out: string,
    ): Promise<void> => {
      const server = await start<E>(t, engine, {
        encoding,
        answers: {},
        handler: request => {
          seen.push(request)
          return response
        },
      })
      const client = await SocketClient.open(server.address)
      client.send('aÿ?')
      await client.expect(out)
    }
    await talk('utf8', 'ü€', 'Ã¼â\u0082¬')
    await talk('latin1', 'ü', 'ü')
    await talk('buffer', 'ü', 'Ã¼')
    t.deepEqual(seen, ['a\uFFFD', 'aÿ', Buffer.from([0x61, 0xff])])
  })

  test(`${engine}: text that latin1 has no bytes for is a bad answer`, async t => {
    const server = await start<'latin1'>(t, engine, { encoding: 'latin1', handler: () => 'A😀' })
    server.on('error', () => {})
    const client = await SocketClient.open(server.address)
    const closed = nextClose(server)
    client.send('a?')
    t.is(await client.finish(), 'fin')
    t.is((await closed).code, 'handler-bad-answer')
    t.is(client.received, '')
  })

  test(`${engine}: a listener that comes and goes is told of what happens meanwhile`, async t => {
    const server = await start(t, engine, { handler: request => `${request}.` })
    const { client } = await meet(server)
    const told: string[] = []
    const tell = (_: Connection, request: string, number: number): void => {
      told.push(`${number} ${request}`)
    }
    client.send('x?a?')
    await client.expect('X.a.')
    server.on('request', tell)
    client.send('x?b?')
    await client.expect('X.a.X.b.')
    await until(() => told.length === 2)
    server.off('request', tell)
    client.send('x?c?')
    await client.expect('X.a.X.b.X.c.')
    t.deepEqual(told, ['3 x', '4 b'])
  })

  test(`${engine}: requests go to the longest route, then to the handler`, async t => {
    const server = await start(t, engine, {
      answers: { 'get x1': 'Table.' },
      routes: [
        ['get ', () => 'Get.'],
        [Buffer.from('get x'), async () => 'GetX.'],
        ['ü', () => 'Umlaut.'],
      ],
      handler: () => 'Handler.',
    })
    const client = await SocketClient.open(server.address)
    client.send('get x1?get x2?get y?get?Ã¼ber?')
    await client.expect('Table.GetX.Get.Handler.Umlaut.')
    await untilStats(server, { requests: 5, answered: 1, handled: 4 })
    t.is(server.stats().unknown, 0)
  })

  test(`${engine}: what no route fits is unknown where there is no handler`, async t => {
    const server = await start(t, engine, {
      routes: { 'get ': () => 'Get.' },
      unknownAnswer: 'Unknown.',
    })
    const client = await SocketClient.open(server.address)
    client.send('put?get x?')
    await client.expect('Unknown.Get.')
    await untilStats(server, { requests: 2, unknown: 1, handled: 1 })
    t.is(server.stats().inFlight, 0)
  })
}
