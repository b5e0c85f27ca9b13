/** What JavaScript is told of connections: each once, in order, and only if it listens. */

import { once } from 'node:events'
import test from 'ava'
import type { Connection, ConnectionSummary } from '../../src/types.ts'
import { start } from './start.ts'
import { converse, hangUp, inTurns, open, read } from './talk.ts'

const SHORT_CONNECTIONS = 2000

const answers = { q: 'a' }

test('of each of 2,000 connections it is told first connection, last close, each once', async t => {
  const told = new Map<Connection, string[]>()
  const note = (connection: Connection, what: string): void => {
    const notes = told.get(connection)
    if (notes) notes.push(what)
    else told.set(connection, [what])
  }
  const server = await start(t, {
    answers,
    loops: 2,
    handler: (_, connection) => {
      note(connection, 'request')
      return 'h'
    },
  })
  let closed = 0
  server.on('connection', connection => note(connection, 'connection'))
  server.on('close', connection => {
    note(connection, 'close')
    closed += 1
  })
  await inTurns(SHORT_CONNECTIONS, 50, async () => {
    t.is((await converse(server.address.port, ['q?other?q?'])).toString(), 'aha')
  })
  while (closed < SHORT_CONNECTIONS) await once(server, 'close')
  t.is(told.size, SHORT_CONNECTIONS)
  for (const notes of told.values()) t.deepEqual(notes, ['connection', 'request', 'close'])
  const ids = new Set(Array.from(told.keys(), connection => connection.id))
  t.is(ids.size, SHORT_CONNECTIONS)
  t.true([...ids].every(id => Number.isSafeInteger(id) && id >= 0))
})

test('a connection shows its address, and its close how it went', async t => {
  const server = await start(t, { answers })
  const closing = once(server, 'close')
  const opening = once(server, 'connection')
  const socket = await open(server.address.port)
  const { address, port } = socket.address() as { address: string; port: number }
  const [opened] = (await opening) as [Connection]
  socket.write('q?q?')
  await read(socket, 2)
  await hangUp(socket)
  const [connection, summary] = (await closing) as [Connection, ConnectionSummary]
  t.is(connection, opened)
  t.is(connection.remoteAddress, address)
  t.is(connection.remotePort, port)
  const { durationMs, ...counts } = summary
  t.deepEqual(counts, { code: 'finished', requests: 2, bytesRead: 4, bytesWritten: 2 })
  t.true(Number.isInteger(durationMs) && durationMs >= 0)
})

test('a listener that comes later is told of the end of a connection from before it', async t => {
  const server = await start(t, { answers })
  const socket = await open(server.address.port)
  const { port } = socket.address() as { port: number }
  socket.write('q?')
  await read(socket, 1)
  const closing = once(server, 'close')
  await hangUp(socket)
  const [connection, summary] = (await closing) as [Connection, ConnectionSummary]
  t.is(connection.remotePort, port)
  t.is(summary.code, 'finished')
})

test('a listener that left is told no more', async t => {
  const server = await start(t, { answers })
  let told = 0
  const listener = (): void => {
    told += 1
  }
  server.on('connection', listener).off('connection', listener)
  const closing = once(server, 'close')
  await converse(server.address.port, ['q?'])
  await closing
  t.is(told, 0)
})

test('a listener that throws harms neither the server nor its other connections', async t => {
  const server = await start(t, { answers })
  const thrown: unknown[] = []
  // Uncaught, as with any emitter, which is what this process must survive.
  const uncaught = (error: unknown): void => {
    thrown.push(error)
  }
  const others = process.rawListeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', uncaught)
  t.teardown(() => {
    process.off('uncaughtException', uncaught)
    for (const other of others) process.on('uncaughtException', other as () => void)
  })
  server.on('connection', () => {
    throw new Error('on purpose')
  })
  await inTurns(20, 5, async () => {
    t.is((await converse(server.address.port, ['q?'])).toString(), 'a')
  })
  t.is(thrown.length, 20)
})
