/** Overload: when a limit of the whole server is reached, and when it is over, each told once. */

import test from 'ava'
import type { LancelotServer } from '../../src/server.ts'
import { SocketClient } from '../socket-client.ts'
import { ENGINES, HeldHandler, meet, nextClose, start, until, untilStats } from './engines.ts'

/** What was told, in words. */
function watch(server: LancelotServer): string[] {
  const told: string[] = []
  server.on('overload', reason => told.push(`begin ${reason}`))
  server.on('overloadEnd', (reason, durationMs) => {
    told.push(durationMs >= 0 ? `end ${reason}` : `end ${reason} before it began`)
  })
  return told
}

for (const engine of ENGINES) {
  test(`${engine}: in flight, it begins with the first that waits, ends at the half`, async t => {
    const held = new HeldHandler()
    const server = await start(t, engine, { handler: held.handle, inFlightServerMax: 4 })
    const told = watch(server)
    const clients = [(await meet(server)).client, (await meet(server)).client]
    clients[0]?.send('a?b?c?d?')
    await held.asked('a', 'b', 'c', 'd')
    t.deepEqual(told, [])
    clients[1]?.send('x?e?')
    await clients[1]?.expect('X.')
    await until(() => told.length === 1)
    held.release('a', 'A.')
    await held.asked('e')
    held.release('b', 'B.')
    await clients[0]?.expect('A.B.')
    t.deepEqual(told, ['begin in-flight'])
    held.release('c', 'C.')
    await until(() => told.length === 2)
    t.deepEqual(told, ['begin in-flight', 'end in-flight'])
    held.release('d', 'D.')
    held.release('e', 'E.')
    await clients[1]?.expect('X.E.')
    await server.close()
    t.is(told.length, 2)
  })

  test(`${engine}: bytes in flight make others wait, and never the table`, async t => {
    const held = new HeldHandler()
    const server = await start(t, engine, { handler: held.handle, inFlightBytesMax: 10 })
    const told = watch(server)
    const [first, second] = [(await meet(server)).client, (await meet(server)).client]
    first.send('123456?1234567890?')
    await held.asked('123456', '1234567890')
    await untilStats(server, { inFlight: 2, inFlightBytes: 16 })
    second.send('x?b?x?')
    await second.expect('X.')
    await until(() => told.length === 1)
    held.release('123456', 'A.')
    await first.expect('A.')
    await untilStats(server, { inFlight: 1, inFlightBytes: 10 })
    t.deepEqual(told, ['begin in-flight'])
    held.release('1234567890', 'B.')
    await held.asked('b')
    held.release('b', 'b.')
    await second.expect('X.b.X.')
    await until(() => told.length === 2)
    t.deepEqual(told, ['begin in-flight', 'end in-flight'])
    await untilStats(server, { inFlight: 0, inFlightBytes: 0 })
  })

  test(`${engine}: in flight, it does not end while somebody still waits`, async t => {
    const held = new HeldHandler()
    const server = await start(t, engine, {
      handler: request => (request === 'hold' ? held.handle(request) : `${request}.`),
      inFlightServerMax: 1,
    })
    const told = watch(server)
    const clients = []
    for (const request of ['hold', 'b', 'c', 'd']) {
      const { client } = await meet(server)
      clients.push(client)
      client.send(`x?${request}?`)
      await client.expect('X.')
      if (request === 'hold') await held.asked('hold')
    }
    server.on('response', (_, response) => told.push(response))
    held.release('hold', 'Held.')
    await until(() => told.length === 6)
    t.deepEqual(told.slice(0, 2), ['begin in-flight', 'Held.'])
    t.deepEqual(told.slice(2).sort(), ['b.', 'c.', 'd.', 'end in-flight'])
    // The last one has its room, and perhaps no response yet.
    t.true(told.indexOf('end in-flight') >= 4, told.join())
    for (const [index, end] of ['Held.', 'b.', 'c.', 'd.'].entries()) {
      await clients[index]?.expect(`X.${end}`)
    }
  })

  test(`${engine}: connections: from the first refused until a tenth is free`, async t => {
    const server = await start(t, engine, { connectionsMax: 20 })
    const told = watch(server)
    const clients: SocketClient[] = []
    for (let count = 0; count < 20; count++) clients.push((await meet(server)).client)
    t.deepEqual(told, [])
    for (let count = 0; count < 2; count++) {
      const refused = await SocketClient.open(server.address)
      await refused.ended
    }
    await untilStats(server, { refused: 2 })
    await until(() => told.length === 1)
    for (const client of clients.slice(0, 2)) {
      t.deepEqual(told, ['begin connections'])
      const closed = nextClose(server)
      await client.finish()
      await closed
    }
    await until(() => told.length === 2)
    t.deepEqual(told, ['begin connections', 'end connections'])
  })

  test(`${engine}: it is told of again when it happens again`, async t => {
    const server = await start(t, engine, { connectionsMax: 1 })
    const told = watch(server)
    for (let times = 1; times <= 3; times++) {
      const { client } = await meet(server)
      await (await SocketClient.open(server.address)).ended
      await until(() => told.length === 2 * times - 1)
      await client.finish()
      await until(() => told.length === 2 * times)
    }
    const pair = ['begin connections', 'end connections']
    t.deepEqual(told, [...pair, ...pair, ...pair])
  })

  test(`${engine}: an overload ends with the server at the latest`, async t => {
    const held = new HeldHandler()
    const options = { connectionsMax: 2, inFlightServerMax: 1, handler: held.handle }
    const server = await start(t, engine, options)
    const told = watch(server)
    const [first, second] = [(await meet(server)).client, (await meet(server)).client]
    await (await SocketClient.open(server.address)).ended
    first.send('a?')
    await held.asked('a')
    second.send('b?')
    await until(() => told.length === 2)
    await server.close({ drainMsMax: 0 })
    t.deepEqual(told.slice(0, 2).sort(), ['begin connections', 'begin in-flight'])
    t.deepEqual(told.slice(2).sort(), ['end connections', 'end in-flight'])
    for (const client of [first, second]) client.socket.destroy()
  })
}
