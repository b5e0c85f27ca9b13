/** What the application wants of a connection: to push, to close, to pause. In simulated time. */

import test from 'ava'
import { Connection } from '../../src/protocol/connection.ts'
import { asked, openConnection, receive, send, shareOf } from './talk.ts'

const handler = (): null => null
const answers = { x: 'X.', quit: { answer: 'Bye.', close: true } }

function push(connection: Connection, text: string, now = 0): boolean {
  return connection.push(Buffer.from(text), now)
}

test('a push leaves at once: after what is ready, before what is waited for, as it is', t => {
  const connection = openConnection({ answers, handler, greeting: 'Hello.', answerSuffix: '!' })
  t.true(push(connection, 'first '))
  send(connection, 'x?wait?x?')
  t.true(push(connection, 'second '))
  t.is(receive(connection), 'Hello.first X.!second ')
  t.true(push(connection, 'third '))
  connection.handleResponse(2, Buffer.from('W'), 0)
  t.true(push(connection, 'fourth'))
  t.is(receive(connection), 'third W!X.!fourth')
})

test('a push never stands inside a response', t => {
  const connection = openConnection({ answers: { x: '1234567890' } })
  send(connection, 'x?x?')
  t.is(receive(connection, 0, 4), '1234')
  t.true(push(connection, '!'))
  t.is(receive(connection), '5678901234567890!')
})

test('a push is refused at the high-water mark, what is held and on its way counted', t => {
  const shared = shareOf({ answers: { x: '12345' }, handler, highWaterBytes: 11 })
  const connection = new Connection(shared, 0)
  send(connection, 'wait?x?')
  t.is(connection.owedBytes, 5)
  t.true(push(connection, '1234'))
  t.true(push(connection, 'ab'), 'below the mark any length is taken')
  t.false(push(connection, 'c'))
  t.is(connection.takeOutput(100)?.toString(), '1234ab')
  t.is(connection.owedBytes, 11)
  t.false(push(connection, 'c'))
  connection.handleSent(2, 0)
  t.true(push(connection, 'c'))
  t.like(shared.tally, { pushed: 3, pushesDropped: 2 })
})

test('what is pushed counts towards the high-water mark: reading pauses until it has left', t => {
  const connection = openConnection({ highWaterBytes: 10, writeMsMax: 200 })
  push(connection, '0123456789', 50)
  t.deepEqual([connection.wantsRead, connection.deadline], [false, 250])
  t.is(receive(connection, 60), '0123456789')
  t.true(connection.wantsRead)
})

test('an empty push is taken, and nothing leaves', t => {
  const shared = shareOf({ idleMsMax: 100 })
  const connection = new Connection(shared, 0)
  t.true(push(connection, '', 50))
  t.deepEqual([receive(connection), connection.deadline], ['', 100])
  t.like(shared.tally, { pushed: 1, bytesWritten: 0 })
})

test('a push is refused once the connection is ending, whatever ends it', t => {
  const ends: ((connection: Connection) => void)[] = [
    connection => send(connection, 'quit?'),
    connection => connection.close(0),
    connection => connection.stop(0),
    connection => connection.handleFinished(0),
    connection => connection.handleReset(),
    connection => connection.handleResponse(2, 'handler-close', 0),
  ]
  for (const end of ends) {
    const shared = shareOf({ answers, handler })
    const connection = new Connection(shared, 0)
    send(connection, 'first?second?')
    end(connection)
    t.false(push(connection, 'late'))
    t.like(shared.tally, { pushed: 0, pushesDropped: 1 })
  }
})

test('what was pushed before the end is sent before it', t => {
  for (const end of ['close', 'stop'] as const) {
    const connection = openConnection()
    push(connection, 'news')
    connection[end](0)
    t.is(connection.state, 'draining')
    t.is(receive(connection), 'news')
    t.is(connection.state, end === 'stop' ? 'closed' : 'lingering')
  }
})

test('closing answers what was taken, takes no more, then lingers', t => {
  const connection = openConnection({ answers, handler, inFlightMax: 2 })
  send(connection, 'x?a?b?c?')
  connection.close(0)
  t.deepEqual([connection.state, connection.code], ['draining', 'connection-close'])
  t.deepEqual([...asked(connection).keys()], ['a', 'b'])
  send(connection, 'd?')
  connection.handleResponse(3, Buffer.from('B'), 0)
  connection.handleResponse(2, Buffer.from('A'), 0)
  t.deepEqual([connection.state, asked(connection).size], ['draining', 0])
  t.is(receive(connection), 'X.AB')
  t.deepEqual(
    [connection.state, connection.wantsRead, connection.deadline],
    ['lingering', true, 1000],
  )
  connection.handleFinished(1)
  t.deepEqual([connection.state, connection.code], ['closed', 'connection-close'])
})

test('closing twice, or once it ends, changes nothing', t => {
  const connection = openConnection({ answers, handler })
  send(connection, 'a?')
  connection.close(0)
  connection.close(1)
  connection.stop(1)
  t.deepEqual([connection.state, connection.code], ['draining', 'connection-close'])
  connection.handleResponse(1, 'handler-threw', 2)
  connection.close(3)
  t.deepEqual([connection.state, connection.code], ['lingering', 'handler-threw'])
  const stopped = openConnection({ handler })
  send(stopped, 'a?')
  stopped.stop(0)
  stopped.close(0)
  t.is(stopped.code, 'stopped')
})

test('a close at the place of an earlier request is kept, though the application closes too', t => {
  const connection = openConnection({ handler })
  send(connection, 'a?b?')
  connection.handleResponse(2, 'handler-close', 0)
  connection.close(0)
  connection.handleResponse(1, Buffer.from('A'), 0)
  t.is(receive(connection), 'A')
  t.deepEqual([connection.state, connection.code], ['lingering', 'handler-close'])
})

test('a paused connection is not read, and what was taken is answered', t => {
  const connection = openConnection({ answers, handler })
  send(connection, 'a?beg')
  t.is(asked(connection).size, 1)
  connection.pause(0)
  t.deepEqual([connection.wantsRead, connection.isHeldBack], [false, true])
  connection.handleResponse(1, Buffer.from('A'), 0)
  t.is(receive(connection), 'A')
  t.true(push(connection, 'news'))
  t.is(receive(connection), 'news')
  connection.resume(0)
  t.deepEqual([connection.wantsRead, connection.isHeldBack], [true, false])
  send(connection, 'in?')
  t.deepEqual([...asked(connection).keys()], ['begin'])
})

test('requests that were read and not taken wait for the application to resume', t => {
  const connection = openConnection({ answers, handler, inFlightMax: 1 })
  send(connection, 'a?b?x?')
  connection.pause(0)
  connection.handleResponse(1, Buffer.from('A'), 0)
  t.deepEqual([connection.requestCount, receive(connection)], [1, 'A'])
  connection.resume(0)
  t.deepEqual([...asked(connection).keys()], ['b'])
})

test('resuming does not read where something else holds reading up', t => {
  const connection = openConnection({ answers, highWaterBytes: 2 })
  send(connection, 'x?')
  connection.pause(0)
  connection.resume(0)
  t.false(connection.wantsRead)
  receive(connection)
  t.true(connection.wantsRead)
})

test('while it is paused the clock of requests stands still, and the idle clock goes on', t => {
  const connection = openConnection({ requestMsMax: 100, idleMsMax: 1000 })
  send(connection, 'begun', 10)
  t.is(connection.deadline, 110)
  connection.pause(50)
  t.is(connection.deadline, 1010)
  connection.resume(500)
  t.is(connection.deadline, 600)
  connection.pause(550)
  t.is(connection.handleDeadline(1010), 'idle-timeout')
  t.deepEqual([connection.state, connection.code], ['closed', 'idle-timeout'])
})

test('what a paused connection sends puts its idle clock forward', t => {
  const connection = openConnection({ idleMsMax: 1000 })
  connection.pause(0)
  push(connection, 'news', 700)
  receive(connection, 700)
  t.is(connection.deadline, 1700)
})

test('a paused connection does not wait for room, and looks for it when it resumes', t => {
  const shared = shareOf({ handler, inFlightServerMax: 1, handlerMsMax: 50 })
  const [first, second] = [new Connection(shared, 0), new Connection(shared, 0)]
  send(first, 'a?')
  send(second, 'b?', 0)
  t.deepEqual([second.waitsForRoom, second.deadline], [true, 50])
  second.pause(10)
  t.deepEqual([second.waitsForRoom, second.deadline], [false, 300_000])
  second.handleRoom(20)
  t.false(second.waitsForRoom)
  second.resume(100)
  t.deepEqual([second.waitsForRoom, second.deadline], [true, 150])
  first.handleReset()
  second.handleRoom(110)
  t.is(second.requestCount, 1)
})

test('a paused connection stops at once: what it was not read of are no requests', t => {
  const connection = openConnection({ answers, handler, inFlightMax: 1 })
  send(connection, 'a?x?half')
  connection.pause(0)
  connection.stop(1)
  t.deepEqual([connection.state, connection.code], ['draining', 'stopped'])
  connection.resume(2)
  connection.handleResponse(1, Buffer.from('A'), 2)
  t.is(receive(connection), 'A')
  t.deepEqual(
    [connection.state, connection.code, connection.requestCount],
    ['closed', 'stopped', 1],
  )
})

test('one that is paused while it stops takes no more either', t => {
  const connection = openConnection({ answers, highWaterBytes: 2 })
  send(connection, 'x?x?x?')
  connection.stop(0)
  t.is(connection.state, 'open')
  connection.pause(1)
  t.is(receive(connection), 'X.')
  t.deepEqual([connection.state, connection.code], ['closed', 'stopped'])
})

test('a paused connection ends as any other', t => {
  const reset = openConnection()
  reset.pause(0)
  reset.handleReset()
  t.deepEqual([reset.state, reset.code, reset.deadline], ['closed', 'reset', Infinity])
  const closed = openConnection()
  closed.pause(0)
  closed.close(0)
  t.deepEqual([closed.state, closed.wantsRead], ['lingering', true])
  const timedOut = openConnection({ handler, handlerMsMax: 10 })
  send(timedOut, 'a?')
  timedOut.pause(0)
  t.is(timedOut.handleDeadline(10), 'handler-timeout')
  t.is(timedOut.state, 'lingering')
})

test('on a connection that has ended nothing does anything', t => {
  const shared = shareOf({ handler })
  const connection = new Connection(shared, 0)
  send(connection, 'a?')
  connection.handleReset()
  const before = { ...shared.tally }
  connection.pause(1)
  connection.resume(2)
  connection.close(3)
  t.deepEqual(
    [connection.state, connection.code, connection.deadline, connection.inFlight],
    ['closed', 'reset', Infinity, 0],
  )
  t.deepEqual(shared.tally, before)
})
