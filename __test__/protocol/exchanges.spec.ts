/** Who answers a request, what it looks like to JavaScript, and what is counted and told. */

import test from 'ava'
import { Connection } from '../../src/protocol/connection.ts'
import type { Shared } from '../../src/protocol/shared.ts'
import type { Task } from '../../src/protocol/tasks.ts'
import type { Encoding, ServerOptions, Stats } from '../../src/types.ts'
import { asked, receive, send, shareOf } from './talk.ts'

const handler = (): null => null
const answers = { x: 'X.', quit: { answer: 'Bye.', close: true } }

/** A connection of a server where both requests and responses are observed, or only some. */
function observed<E extends Encoding = 'utf8'>(
  options: ServerOptions<E>,
  interest = { requested: true, responded: true },
): { connection: Connection; shared: Shared & { tally: Stats } } {
  const shared = { ...shareOf({ answerSuffix: '!', ...options }), interest }
  return { connection: new Connection(shared, 0), shared }
}

/** Everything there is to tell, in words. */
function told(connection: Connection): string[] {
  const words: string[] = []
  for (let task = connection.takeTask(); task; task = connection.takeTask()) words.push(word(task))
  return words
}

function word(task: Task): string {
  if (task.kind === 'response') return `response ${task.number}: ${task.response}`
  const asks = task.route === undefined ? '' : ` to ${task.route}`
  return `request ${task.number}: ${task.request}${asks}`
}

test('a request is for the table, then the longest route, then the handler, then nobody', t => {
  const routes = { 'get ': handler, 'get x': handler }
  const table = { 'get x1': 'One.' }
  const stream = 'get x1?get x2?get y?put?'
  const { connection, shared } = observed({ answers: table, routes, handler })
  send(connection, stream)
  t.deepEqual(told(connection), [
    'request 1: get x1',
    'response 1: One.',
    'request 2: get x2 to 2',
    'request 3: get y to 1',
    'request 4: put to 0',
  ])
  t.like(shared.tally, { requests: 4, answered: 1, unknown: 0, inFlight: 3 })
  const without = observed({ answers: table, routes, unknownAnswer: 'What' })
  send(without.connection, stream)
  t.deepEqual(told(without.connection).slice(-2), ['request 4: put', 'response 4: What'])
  t.like(without.shared.tally, { requests: 4, answered: 1, unknown: 1, inFlight: 2 })
})

test('the number of a request counts all of its connection, whoever answers them', t => {
  const { connection } = observed({ answers, handler }, { requested: false, responded: false })
  send(connection, 'x?a?x?x?b?')
  t.deepEqual(
    [...asked(connection)],
    [
      ['a', 2],
      ['b', 5],
    ],
  )
  t.true(connection.handleResponse(5, Buffer.from('B'), 0))
  t.true(connection.handleResponse(2, Buffer.from('A'), 0))
  t.is(receive(connection), 'X.!A!X.!X.!B!')
  t.false(connection.handleResponse(1, Buffer.from('?'), 0))
})

test('what nobody observes is not recorded', t => {
  const toldWith = (requested: boolean, responded: boolean): string[] => {
    const { connection } = observed({ answers, handler }, { requested, responded })
    send(connection, 'x?a?')
    const before = told(connection)
    connection.handleResponse(2, Buffer.from('A'), 0)
    return [...before, ...told(connection)]
  }
  t.deepEqual(toldWith(false, false), ['request 2: a to 0'])
  t.deepEqual(toldWith(true, false), ['request 1: x', 'request 2: a to 0'])
  t.deepEqual(toldWith(false, true), ['response 1: X.', 'request 2: a to 0', 'response 2: A'])
})

test('a response is told without its suffix, also an empty one, and after its request', t => {
  const { connection } = observed({ answers: { x: '', y: 'Y' }, handler, unknownAnswer: 'U' })
  send(connection, 'x?y?a?')
  t.deepEqual(told(connection), [
    ...['request 1: x', 'response 1: ', 'request 2: y', 'response 2: Y'],
    'request 3: a to 0',
  ])
  connection.handleResponse(3, Buffer.alloc(0), 0)
  t.deepEqual(told(connection), ['response 3: '])
  t.is(receive(connection), '!Y!!')
})

test('the greeting, what is pushed and what closes are no responses', t => {
  const { connection } = observed({ greeting: 'Hello.', handler })
  connection.push(Buffer.from('News.'), 0)
  send(connection, 'a?b?')
  t.deepEqual(told(connection), ['request 1: a to 0', 'request 2: b to 0'])
  connection.handleResponse(2, 'handler-close', 0)
  connection.handleResponse(1, 'handler-threw', 0)
  t.deepEqual(told(connection), [])
  const unknown = observed({ unknownAnswer: null })
  send(unknown.connection, 'a?')
  t.deepEqual(told(unknown.connection), ['request 1: a'])
})

test('an answer that closes is a response', t => {
  const { connection } = observed({ answers })
  send(connection, 'quit?x?')
  t.deepEqual(told(connection), ['request 1: quit', 'response 1: Bye.'])
})

test('a response that nobody waits for any more is not told', t => {
  const { connection, shared } = observed({ handler })
  send(connection, 'a?b?')
  told(connection)
  connection.handleResponse(1, Buffer.from('A'), 0)
  connection.handleResponse(1, Buffer.from('again'), 0)
  connection.handleReset()
  connection.handleResponse(2, Buffer.from('late'), 0)
  t.deepEqual(told(connection), ['response 1: A'])
  t.like(shared.tally, { handled: 1, responsesDropped: 2, inFlight: 0, inFlightBytes: 0 })
})

test('requests behind one that closes are told of, and nobody is asked', t => {
  const { connection } = observed({ handler })
  send(connection, 'a?b?')
  t.is(word(connection.takeTask() as Task), 'request 1: a to 0')
  connection.handleResponse(1, 'handler-close', 0)
  t.deepEqual(told(connection), ['request 2: b'])
})

test('what happened before the end is still told after it', t => {
  const { connection } = observed({ answers: { x: '' }, answerSuffix: '' })
  send(connection, 'x?x')
  connection.handleFinished(0)
  t.is(connection.code, 'truncated')
  t.is(connection.state, 'closed')
  t.deepEqual(told(connection), ['request 1: x', 'response 1: '])
})

test('requests are decoded as the encoding says, and without loss where it can be', t => {
  const bytes = Buffer.from([0x61, 0xc3, 0xbc, 0xff, 0x00])
  const requestOf = (encoding: 'utf8' | 'latin1' | 'buffer'): unknown => {
    const { connection } = observed({ encoding, handler })
    connection.handlePiece(Buffer.concat([bytes, Buffer.from('?')]), 0)
    const task = connection.takeTask()
    return task?.kind === 'request' ? task.request : undefined
  }
  t.is(requestOf('utf8'), 'aü\uFFFD\0')
  t.is(requestOf('latin1'), 'aÃ¼ÿ\0')
  t.deepEqual(requestOf('buffer'), bytes)
})

test("a request that is a Buffer is the reader's own", t => {
  const { connection } = observed({ encoding: 'buffer', handler, answers })
  const piece = Buffer.from('a?x?')
  connection.handlePiece(piece, 0)
  const [first, second] = [connection.takeTask(), connection.takeTask()]
  if (first?.kind !== 'request' || second?.kind !== 'request') return t.fail()
  ;(first.request as Buffer).fill(0)
  ;(second.request as Buffer).fill(0)
  t.is(piece.toString(), 'a?x?')
  t.is(connection.handleResponse(1, Buffer.from('A'), 0), true)
  t.is(receive(connection), 'A!X.!')
})

test('a text of two bytes a character counts its bytes as in flight', t => {
  const { connection, shared } = observed({ handler })
  connection.handlePiece(Buffer.from('üü?a?'), 0)
  t.like(shared.tally, { inFlight: 2, inFlightBytes: 5 })
  connection.handleResponse(1, Buffer.from('a longer response'), 0)
  t.like(shared.tally, { inFlight: 1, inFlightBytes: 1 })
  connection.handleResponse(2, 'handler-close', 0)
  t.like(shared.tally, { inFlight: 0, inFlightBytes: 0 })
})

test('the bound on bytes in flight is passed by at most one request', t => {
  const { connection, shared } = observed({ answers, handler, inFlightBytesMax: 5 })
  send(connection, '1234?12345678?x?a?')
  t.deepEqual([connection.requestCount, connection.waitsForRoom], [3, true])
  t.like(shared.tally, { inFlight: 2, inFlightBytes: 12 })
  connection.handleResponse(1, Buffer.from('A'), 0)
  connection.handleRoom(0)
  t.deepEqual([connection.requestCount, connection.waitsForRoom], [3, true])
  connection.handleResponse(2, Buffer.from('B'), 0)
  connection.handleRoom(0)
  t.deepEqual([connection.requestCount, connection.waitsForRoom], [4, false])
  t.like(shared.tally, { inFlight: 1, inFlightBytes: 1 })
  connection.handleReset()
  t.like(shared.tally, { inFlight: 0, inFlightBytes: 0 })
})

test('a request longer than the whole bound on bytes in flight is taken when none waits', t => {
  const { connection, shared } = observed({ handler, inFlightBytesMax: 1 })
  send(connection, 'a long one??')
  t.like(shared.tally, { inFlight: 1, inFlightBytes: 10 })
  t.true(connection.waitsForRoom)
})
