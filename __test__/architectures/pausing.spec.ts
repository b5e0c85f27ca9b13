/** Connections that the application paused: they are not read, and end as any other does. */

import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { ENGINES, HeldHandler, meet, nextClose, roundTrips, start, untilStats } from './engines.ts'

for (const engine of ENGINES) {
  test(`${engine}: a paused connection is read again when it resumes`, async t => {
    const server = await start(t, engine)
    const { client, connection } = await meet(server)
    const other = await meet(server)
    connection.pause()
    await connection.stats()
    client.send('x?')
    await roundTrips(other.client)
    t.like(await connection.stats(), { requests: 0, bytesRead: 0 })
    t.true(await connection.send('news '))
    await client.expect('news ')
    connection.resume()
    await client.expect('news X.')
  })

  test(`${engine}: a handler may pause its connection, and what was taken is answered`, async t => {
    const server = await start(t, engine, {
      handler: (request, connection) => {
        if (request === 'pause') connection.pause()
        return 'H.'
      },
    })
    const { client, connection } = await meet(server)
    const other = await meet(server)
    client.send('pause?b?x?')
    await client.expect('H.H.X.')
    await connection.stats()
    client.send('x?c?')
    await roundTrips(other.client)
    t.like(await connection.stats(), { requests: 3 })
    connection.resume()
    await client.expect('H.H.X.X.H.')
  })

  test(`${engine}: a paused connection stops at once: what is unread is no request`, async t => {
    const handler = new HeldHandler()
    const server = await start(t, engine, { handler: handler.handle })
    const { client, connection } = await meet(server)
    client.send('a?')
    await handler.asked('a')
    connection.pause()
    await connection.stats()
    client.send('x?')
    const ended = nextClose(server)
    // The deadline is far away: to wait for it would be to hang.
    const closed = server.close({ drainMsMax: 600_000 })
    handler.release('a', 'A.')
    t.like(await ended, { code: 'stopped', requests: 1, bytesWritten: 2 })
    t.deepEqual(await closed, { drained: 1, cut: 0 })
    client.socket.destroy()
  })

  test(`${engine}: one that is paused when the server stops does not hold it up`, async t => {
    const server = await start(t, engine)
    const { connection } = await meet(server)
    const ended = nextClose(server)
    const closed = server.close({ drainMsMax: 600_000 })
    connection.pause()
    t.is((await ended).code, 'stopped')
    t.deepEqual(await closed, { drained: 1, cut: 0 })
  })

  test(`${engine}: one that waits for its handler and is paused then does not either`, async t => {
    const handler = new HeldHandler()
    const server = await start(t, engine, {
      handler: handler.handle,
      inFlightMax: 1,
      // No clock runs out in the place of what is waited for.
      handlerMsMax: 600_000,
    })
    const { client, connection } = await meet(server)
    client.send('a?b?')
    await handler.asked('a')
    const ended = nextClose(server)
    const closed = server.close({ drainMsMax: 600_000 })
    // The engine has looked, and waits for the handler.
    for (let count = 0; count < 10; count++) await turn()
    await connection.stats()
    connection.pause()
    await connection.stats()
    handler.release('a', 'A.')
    t.like(await ended, { code: 'stopped', requests: 1 })
    t.deepEqual(await closed, { drained: 1, cut: 0 })
  })

  test(`${engine}: a paused connection whose peer resets ends once, as reset`, async t => {
    const server = await start(t, engine)
    const codes: string[] = []
    const { client, connection } = await meet(server)
    connection.pause()
    await connection.stats()
    const ended = nextClose(server)
    server.on('close', (_, { code }) => codes.push(code))
    client.reset()
    connection.resume()
    t.is((await ended).code, 'reset')
    await untilStats(server, { open: 0 })
    await server.close()
    t.deepEqual(codes, ['reset'])
  })

  test(`${engine}: a peer that finishes while it is paused is seen when it resumes`, async t => {
    const server = await start(t, engine)
    const { client, connection } = await meet(server)
    connection.pause()
    await connection.stats()
    client.send('x?x')
    client.socket.end()
    const ended = nextClose(server)
    connection.resume()
    await client.expect('X.')
    t.is((await ended).code, 'truncated')
  })

  test(`${engine}: a paused connection that is silent ends as idle`, async t => {
    const server = await start(t, engine, { idleMsMax: 200, requestMsMax: 10 })
    const ended = nextClose(server)
    const { client, connection } = await meet(server)
    connection.pause()
    await connection.stats()
    client.send('begun')
    t.is((await ended).code, 'idle-timeout')
    client.socket.destroy()
  })

  test(`${engine}: a paused connection can be closed`, async t => {
    const server = await start(t, engine)
    const { client, connection } = await meet(server)
    connection.pause()
    await connection.stats()
    client.send('x?')
    // It ends when its peer does, or when it has lingered, which on a busy machine may be sooner.
    const ended = nextClose(server)
    connection.close()
    t.is(await client.ended, 'fin')
    client.socket.end()
    t.like(await ended, { code: 'connection-close', requests: 0 })
    t.is(client.received, '')
  })
}
