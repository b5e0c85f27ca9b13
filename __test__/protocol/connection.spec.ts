/** States, codes and limits of a conversation. Splits of the stream are in `split.spec.ts`. */

import test from 'ava'
import { Connection, LINGER_BYTES_MAX } from '../../src/protocol/connection.ts'
import { asked, openConnection, receive, send, shareOf } from './talk.ts'

const handler = (): null => null
const answers = { x: 'X.', quit: { answer: 'Bye.', close: true } }

test('the first code to drain is kept by later wishes', t => {
  const connection = openConnection({ answers, handler })
  send(connection, 'wait?quit?')
  t.deepEqual([connection.state, connection.code], ['draining', 'answer-close'])
  connection.stop(1)
  connection.handleFinished(2)
  t.deepEqual([connection.state, connection.code], ['draining', 'answer-close'])
})

test('a failure on the way replaces the code of the drain', t => {
  const failures: [string, (connection: Connection, number: number) => void][] = [
    ['reset', connection => connection.handleReset()],
    ['cut', connection => connection.cut()],
    ['handler-close', (peer, number) => peer.handleResponse(number, 'handler-close', 1)],
    ['handler-timeout', peer => peer.handleDeadline(40_000)],
  ]
  for (const [code, fail] of failures) {
    const connection = openConnection({ answers, handler })
    send(connection, 'wait?')
    const number = asked(connection).get('wait') as number
    connection.handleFinished(0)
    t.is(connection.code, 'finished')
    fail(connection, number)
    t.deepEqual([connection.state, connection.code], ['closed', code])
  }
})

test('once closed the code never changes and nothing is counted', t => {
  const shared = shareOf({ answers })
  const connection = new Connection(shared, 0)
  connection.handleFinished(0)
  const before = { ...shared.tally }
  send(connection, 'x?')
  connection.handleReset()
  connection.stop(1)
  connection.cut()
  connection.handleSent(1, 1)
  t.is(connection.handleDeadline(1e9), undefined)
  t.deepEqual(
    [connection.state, connection.code, connection.deadline],
    ['closed', 'finished', Infinity],
  )
  t.deepEqual(shared.tally, before)
})

test('a connection that lingers ends with the code that it began with, whatever ends it', t => {
  const ends: ((connection: Connection) => void)[] = [
    connection => connection.handleFinished(1),
    connection => connection.handleReset(),
    connection => connection.cut(),
    connection => connection.handleDeadline(1000),
    connection => connection.handlePiece(Buffer.alloc(LINGER_BYTES_MAX + 1), 1),
  ]
  for (const end of ends) {
    const connection = openConnection({ answers })
    send(connection, 'quit?')
    t.is(receive(connection), 'Bye.')
    t.deepEqual(
      [connection.state, connection.wantsRead, connection.deadline],
      ['lingering', true, 1000],
    )
    t.is(connection.handleDeadline(999), undefined)
    connection.handlePiece(Buffer.alloc(LINGER_BYTES_MAX), 1)
    t.is(connection.state, 'lingering')
    end(connection)
    t.deepEqual([connection.state, connection.code], ['closed', 'answer-close'])
  }
})

test('64 KiB of tiny requests with answers of 1 KiB wait at the high-water mark', t => {
  const answer = 'A'.repeat(1024)
  const connection = openConnection({ answers: { '': answer } })
  const piece = Buffer.from('?'.repeat(65_536))
  connection.handlePiece(piece, 0)
  t.is(connection.requestCount, 64)
  t.false(connection.wantsRead)
  let received = 0
  for (let out = connection.takeOutput(10_000); out; out = connection.takeOutput(10_000)) {
    received += out.length
    connection.handleSent(out.length, 0)
    const unsentMax = 65_536 + 1024
    t.true(connection.requestCount * 1024 - received <= unsentMax)
  }
  t.deepEqual([connection.requestCount, received], [65_536, 65_536 * 1024])
  t.true(connection.wantsRead)
})

test('answers that wait behind the handler count towards the high-water mark', t => {
  const connection = openConnection({ answers: { x: '1234567890' }, handler, highWaterBytes: 30 })
  send(connection, `wait?${'x?'.repeat(10)}`)
  t.deepEqual([connection.requestCount, connection.wantsRead], [4, false])
  t.is(receive(connection), '')
  connection.handleResponse(asked(connection).get('wait') as number, Buffer.from('!'), 0)
  t.is(receive(connection), `!${'1234567890'.repeat(10)}`)
})

test('a request that needs the handler waits for room, and the others with it', t => {
  const shared = shareOf({ answers, handler, inFlightServerMax: 1 })
  const [first, second] = [new Connection(shared, 0), new Connection(shared, 0)]
  send(first, 'a?')
  send(second, 'x?b?x?')
  t.deepEqual([second.requestCount, second.waitsForRoom, second.wantsRead], [1, true, false])
  second.handleRoom(1)
  t.true(second.waitsForRoom)
  first.handleResponse(asked(first).get('a') as number, Buffer.from('A'), 2)
  t.is(shared.tally.inFlight, 0)
  second.handleRoom(2)
  t.deepEqual([second.requestCount, second.waitsForRoom, shared.tally.inFlight], [3, false, 1])
  second.handleReset()
  t.is(shared.tally.inFlight, 0)
})

test('a request that gets no room in time ends as if the handler had been late', t => {
  const shared = shareOf({ handler, inFlightServerMax: 1, handlerMsMax: 50 })
  const [first, second] = [new Connection(shared, 0), new Connection(shared, 0)]
  send(first, 'a?')
  send(second, 'b?', 10)
  second.handleRoom(30)
  t.is(second.deadline, 60)
  t.is(second.handleDeadline(60), 'handler-timeout')
  t.deepEqual([second.state, second.code], ['lingering', 'handler-timeout'])
})

test('a response is taken once, in time, and by a connection that is there', t => {
  const shared = shareOf({ handler, answerSuffix: '.' })
  const connection = new Connection(shared, 0)
  send(connection, 'a?b?')
  const [a, b] = [...asked(connection).values()] as [number, number]
  t.true(connection.handleResponse(a, Buffer.from('A'), 0))
  t.false(connection.handleResponse(a, Buffer.from('again'), 0))
  t.false(connection.handleResponse(99, Buffer.from('nobody'), 0))
  t.is(receive(connection), 'A.')
  connection.handleReset()
  t.false(connection.handleResponse(b, Buffer.from('late'), 0))
  t.deepEqual([shared.tally.handled, shared.tally.responsesDropped], [1, 3])
})

test('requests behind one that closes are not handed over any more', t => {
  const shared = shareOf({ handler })
  const connection = new Connection(shared, 0)
  send(connection, 'a?b?c?')
  const first = connection.takeTask()
  connection.handleResponse(first?.number as number, 'handler-close', 0)
  t.is(connection.takeTask(), undefined)
  t.deepEqual([shared.tally.requests, shared.tally.inFlight], [3, 0])
})

test('stopping answers what was read, though it waits at the high-water mark', t => {
  const connection = openConnection({ answers, highWaterBytes: 2 })
  send(connection, 'x?x?x?x')
  connection.stop(0)
  t.is(connection.state, 'open')
  t.is(receive(connection), 'X.X.X.')
  t.deepEqual([connection.state, connection.code], ['closed', 'stopped'])
})
