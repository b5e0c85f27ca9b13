/** Connections as objects: who they are, what they send, how they are closed, and after the end. */

import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import type { Connection } from '../../src/types.ts'
import { SocketClient } from '../socket-client.ts'
import {
  ENGINES,
  HeldHandler,
  meet,
  nextClose,
  receivedBytes,
  start,
  until,
  untilStats,
} from './engines.ts'

const ARGUMENT = { code: 'ERR_LANCELOT_ARGUMENT', name: 'LancelotError' }

for (const engine of ENGINES) {
  test(`${engine}: a connection is the same object wherever it is seen`, async t => {
    const seen: Connection[] = []
    const server = await start(t, engine, {
      handler: (_, connection) => {
        seen.push(connection)
        return 'H.'
      },
    })
    server.on('connection', connection => seen.push(connection))
    server.on('request', connection => seen.push(connection))
    server.on('response', connection => seen.push(connection))
    server.on('close', connection => seen.push(connection))
    const client = await SocketClient.open(server.address)
    client.send('a?')
    await client.expect('H.')
    for await (const connection of server.connections()) seen.push(connection)
    const closed = nextClose(server)
    await client.finish()
    await closed
    t.is(seen.length, 6)
    t.is(new Set(seen).size, 1)
  })

  test(`${engine}: a connection says who the peer is, and holds what is the user's`, async t => {
    const server = await start(t, engine)
    const beforeMs = Date.now()
    const { client, connection } = await meet(server)
    t.is(connection.remoteAddress, '127.0.0.1')
    t.is(connection.remotePort, (client.socket.address() as { port: number }).port)
    t.true(Number.isSafeInteger(connection.id))
    // The clock of the system may be set meanwhile, but hardly by an hour.
    t.true(Math.abs(connection.openedAtMs - beforeMs) < 3_600_000)
    t.is(connection.data, undefined)
    connection.data = { name: 'Arthur' }
    for await (const same of server.connections()) t.deepEqual(same.data, { name: 'Arthur' })
    const other = await meet(server)
    t.not(other.connection.id, connection.id)
    t.is(other.connection.data, undefined)
  })

  test(`${engine}: connections() gives every open one once, and none that has ended`, async t => {
    const server = await start(t, engine)
    const met = []
    for (let count = 0; count < 5; count++) met.push(await meet(server))
    const closed = nextClose(server)
    await met[2]?.client.finish()
    await closed
    const ids: number[] = []
    for await (const { id } of server.connections()) ids.push(id)
    const wanted = met.map(({ connection }) => connection.id)
    wanted.splice(2, 1)
    t.deepEqual(
      ids.sort((a, b) => a - b),
      wanted.sort((a, b) => a - b),
    )
  })

  test(`${engine}: connections() may be left early, and ends with the server`, async t => {
    const server = await start(t, engine)
    for (let count = 0; count < 3; count++) await meet(server)
    let seen = 0
    for await (const { id } of server.connections()) {
      seen += 1
      t.true(id > 0)
      break
    }
    t.is(seen, 1)
    await server.close({ drainMsMax: 0 })
    for await (const _ of server.connections()) t.fail()
  })

  test(`${engine}: what is sent leaves at once, as it is, before what is waited for`, async t => {
    const handler = new HeldHandler()
    const server = await start(t, engine, { handler: handler.handle, answerSuffix: '!' })
    const { client, connection } = await meet(server)
    client.send('x?later?x?')
    await handler.asked('later')
    t.true(await connection.send('news '))
    await client.expect('X.!news ')
    handler.release('later', 'Late.')
    await client.expect('X.!news Late.!X.!')
    t.true(await connection.send(new Uint8Array([0x00, 0xff])))
    await client.expect('X.!news Late.!X.!\0ÿ')
    await untilStats(server, { pushed: 2, pushesDropped: 0 })
  })

  test(`${engine}: what a listener sends to a new connection follows the greeting`, async t => {
    const server = await start(t, engine, { greeting: 'Hello. ' })
    const sent: Promise<boolean>[] = []
    server.on('connection', connection => sent.push(connection.send('Welcome. ')))
    const client = await SocketClient.open(server.address)
    await client.expect('Hello. Welcome. ')
    t.deepEqual(await Promise.all(sent), [true])
  })

  test(`${engine}: a handler's sends stand before its response, in their order`, async t => {
    const server = await start(t, engine, {
      handler: async (_, connection) => {
        const sent = [connection.send('1 '), connection.send('2 '), connection.send('3 ')]
        return `${(await Promise.all(sent)).join()}.`
      },
    })
    const { client } = await meet(server)
    client.send('a?')
    await client.expect('1 2 3 true,true,true.')
    await untilStats(server, { pushed: 3, handled: 1 })
    t.is(server.stats().pushesDropped, 0)
  })

  test(`${engine}: text is sent as the encoding says`, async t => {
    const wanted = { utf8: 'Ã¼', latin1: 'ü', buffer: 'Ã¼' } as const
    for (const encoding of ['utf8', 'latin1', 'buffer'] as const) {
      const server = await start(t, engine, { encoding })
      const { client, connection } = await meet(server)
      t.true(await connection.send('ü'))
      await client.expect(wanted[encoding])
    }
  })

  test(`${engine}: what cannot be sent, joined or left is refused`, async t => {
    const options = { encoding: 'latin1', answerBytesMax: 10, unknownAnswer: null } as const
    const server = await start(t, engine, options)
    const { client, connection } = await meet(server)
    await t.throwsAsync(connection.send(1 as never), ARGUMENT)
    await t.throwsAsync(connection.send('Ā'), ARGUMENT)
    await t.throwsAsync(connection.send('😀'), ARGUMENT)
    await t.throwsAsync(connection.send('12345678901'), ARGUMENT)
    await t.throwsAsync(server.broadcast(null as never), ARGUMENT)
    for (const group of ['', 'g'.repeat(256), 'ü'.repeat(128), 1 as never]) {
      await t.throwsAsync(connection.join(group), ARGUMENT)
      await t.throwsAsync(connection.leave(group), ARGUMENT)
    }
    t.true(await connection.send('1234567890'))
    await client.expect('1234567890')
  })

  test(`${engine}: a peer that does not read is not sent more, and misses nothing`, async t => {
    const server = await start(t, engine)
    const { client, connection } = await meet(server)
    client.socket.pause()
    const piece = '0123456789abcdef'.repeat(4096)
    let taken = 0
    while (await connection.send(piece)) taken += 1
    await untilStats(server, { pushed: taken, pushesDropped: 1 })
    const { unsentBytes = 0 } = (await connection.stats()) ?? {}
    t.true(unsentBytes >= 65_536 && unsentBytes < 65_536 + piece.length, String(unsentBytes))
    client.socket.resume()
    await receivedBytes(client, taken * piece.length)
    while (!(await connection.send('!'))) await turn()
    await receivedBytes(client, taken * piece.length + 1)
    t.true(client.received === `${piece.repeat(taken)}!`)
  })

  test(`${engine}: closing answers what was taken, and takes no more`, async t => {
    const handler = new HeldHandler()
    const server = await start(t, engine, { handler: handler.handle })
    const { client, connection } = await meet(server)
    client.send('a?b?')
    await handler.asked('a', 'b')
    connection.close()
    connection.close()
    t.false(await connection.send('too late'))
    client.send('x?')
    // It ends when its peer does, or when it has lingered, which on a busy machine may be sooner.
    const closed = nextClose(server)
    handler.release('b', 'B.')
    handler.release('a', 'A.')
    await client.expect('A.B.')
    t.is(await client.ended, 'fin')
    client.socket.end()
    t.like(await closed, { code: 'connection-close', requests: 2, bytesWritten: 4 })
    await untilStats(server, { pushesDropped: 1, inFlight: 0, open: 0 })
  })

  test(`${engine}: what was sent before a close arrives`, async t => {
    const server = await start(t, engine)
    const { client, connection } = await meet(server)
    const sent = connection.send('Farewell.')
    connection.close()
    t.true(await sent)
    await client.expect('Farewell.')
    t.is(await client.finish(), 'fin')
  })

  test(`${engine}: a connection counts`, async t => {
    const handler = new HeldHandler()
    const server = await start(t, engine, { handler: handler.handle })
    const { client, connection } = await meet(server)
    client.send('x?abc?x?')
    await client.expect('X.')
    await handler.asked('abc')
    const { durationMs = -1, ...counts } = (await connection.stats()) ?? {}
    t.deepEqual(counts, {
      ...{ requests: 3, bytesRead: 8, bytesWritten: 2 },
      ...{ inFlight: 1, unsentBytes: 2 },
    })
    t.true(durationMs >= 0)
    await untilStats(server, { inFlight: 1, inFlightBytes: 3 })
    handler.release('abc', 'ABC.')
    await client.expect('X.ABC.X.')
    await untilStats(server, { inFlight: 0, inFlightBytes: 0 })
  })

  test(`${engine}: of a connection that is gone nothing is wanted any more`, async t => {
    const server = await start(t, engine)
    const { client, connection } = await meet(server)
    t.true(await connection.join('knights'))
    connection.data = 'kept'
    const closed = nextClose(server)
    client.reset()
    t.is((await closed).code, 'reset')
    const check = async (): Promise<void> => {
      t.deepEqual(
        [
          await connection.send('late'),
          await connection.join('knights'),
          await connection.leave('knights'),
          await connection.stats(),
        ],
        [false, false, false, undefined],
      )
      t.notThrows(() => {
        connection.pause()
        connection.resume()
        connection.close()
      })
    }
    await check()
    await untilStats(server, { pushesDropped: 1, open: 0 })
    t.is(await server.broadcast('to nobody', { to: 'knights' }), 0)
    await server.close()
    await check()
    await t.throwsAsync(connection.send(1 as never), ARGUMENT)
    t.deepEqual([connection.data, connection.remoteAddress], ['kept', '127.0.0.1'])
  })

  test(`${engine}: stopping sends what was sent before it, and takes nothing after`, async t => {
    const handler = new HeldHandler()
    const server = await start(t, engine, { handler: handler.handle })
    const { client, connection } = await meet(server)
    client.send('a?')
    await handler.asked('a')
    const sent = connection.send('before ')
    const closed = server.close({ drainMsMax: 60_000 })
    t.true(await sent)
    await until(() => client.received === 'before ')
    while (await connection.send('.')) await turn()
    handler.release('a', 'A.')
    t.is(await client.ended, 'fin')
    t.regex(client.received, /^before \.*A\.$/)
    t.deepEqual(await closed, { drained: 1, cut: 0 })
  })
}
