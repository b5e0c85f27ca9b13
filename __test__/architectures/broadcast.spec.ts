/** Broadcasts and groups: whom they reach, and what is counted. */

import test from 'ava'
import { ENGINES, meet, nextClose, receivedBytes, start, untilStats } from './engines.ts'

for (const engine of ENGINES) {
  test(`${engine}: a broadcast reaches every connection, once, and says how many`, async t => {
    const server = await start(t, engine, { answerSuffix: '!' })
    t.is(await server.broadcast('nobody '), 0)
    const met = []
    for (let count = 0; count < 20; count++) met.push(await meet(server))
    t.is(await server.broadcast('all '), 20)
    t.is(await server.broadcast(new Uint8Array([0xff])), 20)
    for (const { client } of met) await client.expect('all ÿ')
    await untilStats(server, { pushed: 40, pushesDropped: 0, bytesWritten: 20 * 5 })
  })

  test(`${engine}: a broadcast to a group reaches its members, or nobody`, async t => {
    const server = await start(t, engine)
    const met = []
    for (let count = 0; count < 4; count++) met.push(await meet(server))
    for (const { connection } of met.slice(0, 3)) t.true(await connection.join('knights'))
    t.true(await met[0]?.connection.join('kings'))
    t.true(await met[0]?.connection.join('kings'), 'joining again changes nothing')
    t.is(await server.broadcast('k ', { to: 'knights' }), 3)
    t.is(await server.broadcast('K ', { to: 'kings' }), 1)
    t.is(await server.broadcast('?', { to: 'swallows' }), 0)
    t.true(await met[1]?.connection.leave('knights'))
    t.false(await met[1]?.connection.leave('knights'))
    t.false(await met[1]?.connection.leave('swallows'))
    t.is(await server.broadcast('2 ', { to: 'knights' }), 2)
    t.is(await server.broadcast('all'), 4)
    const wanted = ['k K 2 all', 'k all', 'k 2 all', 'all']
    for (const [index, { client }] of met.entries()) await client.expect(wanted[index] ?? '')
  })

  test(`${engine}: a membership ends with its connection`, async t => {
    const server = await start(t, engine)
    const [first, second] = [await meet(server), await meet(server)]
    t.true(await first.connection.join('knights'))
    t.true(await second.connection.join('knights'))
    const closed = nextClose(server)
    await first.client.finish()
    await closed
    t.is(await server.broadcast('news', { to: 'knights' }), 1)
    await second.client.expect('news')
    await untilStats(server, { pushed: 1 })
    t.is(server.stats().pushesDropped, 0, 'nobody tried to reach the one that is gone')
  })

  test(`${engine}: a connection is in at most 64 groups`, async t => {
    const server = await start(t, engine)
    const { connection } = await meet(server)
    for (let number = 1; number <= 64; number++) t.true(await connection.join(`group ${number}`))
    t.false(await connection.join('group 65'))
    t.true(await connection.join('group 64'), 'it is a member already')
    t.is(await server.broadcast('.', { to: 'group 65' }), 0)
    t.true(await connection.leave('group 1'))
    t.true(await connection.join('group 65'))
    t.is(await server.broadcast('.', { to: 'group 65' }), 1)
  })

  test(`${engine}: the names of groups are up to 255 bytes, whatever they say`, async t => {
    const server = await start(t, engine)
    const { connection } = await meet(server)
    const names = ['g'.repeat(255), `${'ü'.repeat(127)}g`, '\0', ' ', '__proto__', 'constructor']
    for (const name of names) t.is(await server.broadcast('.', { to: name }), 0, name)
    for (const name of names) t.true(await connection.join(name), name)
    for (const name of names) t.is(await server.broadcast('.', { to: name }), 1, name)
  })

  test(`${engine}: a broadcast passes over who does not read, and counts it`, async t => {
    const server = await start(t, engine)
    const [slow, quick] = [await meet(server), await meet(server)]
    slow.client.socket.pause()
    const piece = 'x'.repeat(65_536)
    let taken = 0
    while (await slow.connection.send(piece)) taken += 1
    await untilStats(server, { pushesDropped: 1 })
    t.is(await server.broadcast('news'), 1)
    await quick.client.expect('news')
    await untilStats(server, { pushed: taken + 1, pushesDropped: 2 })
    slow.client.socket.resume()
    await receivedBytes(slow.client, taken * piece.length)
    t.is(slow.client.received.length, taken * piece.length)
  })

  test(`${engine}: a broadcast reaches none that is ending`, async t => {
    const server = await start(t, engine, { handler: () => new Promise<string>(() => {}) })
    const { client, connection } = await meet(server)
    client.send('never?')
    await untilStats(server, { inFlight: 1 })
    connection.close()
    t.is(await server.broadcast('news'), 0)
    await untilStats(server, { pushed: 0, pushesDropped: 1 })
    client.socket.destroy()
  })

  test(`${engine}: after the server has closed a broadcast reaches nobody`, async t => {
    const server = await start(t, engine)
    const { connection } = await meet(server)
    t.true(await connection.join('knights'))
    await server.close({ drainMsMax: 0 })
    t.is(await server.broadcast('news'), 0)
    t.is(await server.broadcast('news', { to: 'knights' }), 0)
  })
}
