/** The clocks of a connection, in simulated time. More of them are in the vectors of P8 and P9. */

import test from 'ava'
import { asked, openConnection, receive, send } from './talk.ts'

const answers = { x: 'X.' }
const handler = (): null => null
const clocks = { idleMsMax: 1000, requestMsMax: 100, writeMsMax: 200, handlerMsMax: 300 }

test('the deadline is that of the clock that runs', t => {
  const connection = openConnection({ answers, handler, ...clocks })
  t.is(connection.deadline, 1000)
  send(connection, 'wai', 10)
  t.is(connection.deadline, 110)
  send(connection, 't?', 20)
  t.is(connection.deadline, 320)
  send(connection, 'x', 30)
  t.is(connection.deadline, 130)
  connection.handleResponse(asked(connection).get('wait') as number, Buffer.from('!'), 40)
  t.is(connection.deadline, 130)
  send(connection, '?', 50)
  t.is(connection.deadline, 240)
  receive(connection, 60)
  t.is(connection.deadline, 1060)
})

test('a clock that has not run out does nothing', t => {
  const connection = openConnection({ answers, ...clocks })
  t.is(connection.handleDeadline(999), undefined)
  t.is(connection.state, 'open')
  t.is(connection.handleDeadline(1000), 'idle-timeout')
  t.deepEqual([connection.state, connection.code], ['closed', 'idle-timeout'])
})

test('of several clocks that ran out the first one counts', t => {
  const connection = openConnection({ answers, handler, ...clocks })
  send(connection, 'x?wait?begun', 0)
  t.is(connection.handleDeadline(10_000), 'request-timeout')
  t.is(connection.state, 'draining')
  t.is(connection.handleDeadline(10_000), 'write-timeout')
  t.is(connection.code, 'write-timeout')
})

test('every byte that the peer takes sets the write clock anew', t => {
  const connection = openConnection({ answers: { x: 'long answer' }, ...clocks })
  send(connection, 'x?', 0)
  receive(connection, 150, 4)
  t.is(connection.deadline, 350)
  send(connection, 'x?', 300)
  t.is(connection.deadline, 350)
  t.is(connection.handleDeadline(350), 'write-timeout')
})

test('a trickle does not set the request clock anew, a new request does', t => {
  const connection = openConnection({ answers, ...clocks })
  send(connection, 'a', 0)
  send(connection, 'b', 60)
  t.is(connection.deadline, 100)
  send(connection, '?c', 90)
  receive(connection, 90)
  t.is(connection.deadline, 190)
})

test('while reading is paused a request begun has no clock', t => {
  const connection = openConnection({ answers, highWaterBytes: 2, ...clocks })
  send(connection, 'x?beg', 0)
  t.deepEqual([connection.wantsRead, connection.deadline], [false, 200])
  receive(connection, 150)
  t.deepEqual([connection.wantsRead, connection.deadline], [true, 250])
  t.is(connection.handleDeadline(250), 'request-timeout')
})

test('a peer that is owed an answer by the handler is not idle', t => {
  const connection = openConnection({ handler, ...clocks, handlerMsMax: 5000 })
  send(connection, 'a?', 0)
  t.is(connection.deadline, 5000)
  connection.handleResponse(asked(connection).get('a') as number, Buffer.from('!'), 4000)
  receive(connection, 4000)
  t.is(connection.deadline, 5000)
  t.is(connection.handleDeadline(5000), 'idle-timeout')
})
