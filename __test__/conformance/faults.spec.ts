/**
 * The textbook's faults that need several clients, against both servers.
 *
 * Those that need one client are cases: `__test__/vectors/faults.json`.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { startJsServer, startPollServer } from '../../index.ts'
import { connect } from '../../src/client.ts'
import { lancelot } from '../../src/protocols/lancelot.ts'
import type { Handler, ServerOptions, Stats } from '../../src/types.ts'
import { Peer } from './peer.ts'
import type { Server, Start } from './run-on-server.ts'

const SERVERS: readonly [string, Start][] = [
  ['js', startJsServer],
  ['native', startPollServer],
]

const QUESTION = 'What is your quest?'
const ANSWER = 'To seek the Holy Grail.'

async function serve(
  t: ExecutionContext,
  start: Start,
  options: ServerOptions = {},
): Promise<Server> {
  const server = await start({ ...lancelot.options, ...options, port: 0 })
  t.teardown(() => server.close({ drainMsMax: 0 }))
  return server
}

/** The counters, once they are so; what the system reports of a peer comes when it comes. */
async function statsOnce(server: Server, isSo: (stats: Stats) => boolean): Promise<Stats> {
  for (let looksLeft = 1000; looksLeft > 0; looksLeft -= 1) {
    const stats = server.stats()
    if (isSo(stats)) return stats
    await sleep(10)
  }
  return server.stats()
}

async function askThree(t: ExecutionContext, server: Server): Promise<void> {
  const client = await connect({ port: server.address.port })
  const answers = await Promise.all(lancelot.questions.map(question => client.ask(question)))
  t.deepEqual(answers, Object.values(lancelot.options.answers ?? {}))
  await client.close()
}

/** Answers with what was asked, so that an answer for another connection is seen. */
const echo: Handler = request => {
  return request.length % 2 === 0 ? `${request}.` : sleep(0).then(() => `${request}.`)
}

const CLIENTS = 20
const CONVERSATIONS = 25

async function converse(t: ExecutionContext, server: Server, clientId: number): Promise<void> {
  for (let talk = 0; talk < CONVERSATIONS; talk += 1) {
    const client = await connect({ port: server.address.port })
    for (let asked = 0; asked < 5; asked += 1) {
      if ((await client.ask(QUESTION)) !== ANSWER) t.fail('a configured answer is wrong')
      const own = `${clientId} in talk ${talk} asks ${asked}`
      if ((await client.ask(`${own}?`)) !== `${own}.`) t.fail(`${own} got another's answer`)
    }
    await client.close()
  }
}

for (const [name, start] of SERVERS) {
  test.serial(`${name}: descriptors that are reused at once lose no conversation`, async t => {
    const server = await serve(t, start, { handler: echo })
    await Promise.all(Array.from({ length: CLIENTS }, (_, index) => converse(t, server, index)))
    const all = CLIENTS * CONVERSATIONS
    const stats = await statsOnce(server, ({ closed }) => closed === all)
    t.like(stats, { accepted: all, open: 0, answered: 5 * all, handled: 5 * all, inFlight: 0 })
    t.is(stats.closes.finished, all)
  })

  test.serial(`${name}: one bad question disturbs nobody else`, async t => {
    const server = await serve(t, start, { unknownAnswer: null, requestBytesMax: 64 })
    const others = await Promise.all(
      Array.from({ length: 5 }, () => connect({ port: server.address.port })),
    )
    const unknown = await Peer.connect(server.address)
    await unknown.send('What is the air speed of a swallow?')
    await unknown.readToEnd()
    const endless = await Peer.connect(server.address)
    await endless.send('x'.repeat(1000))
    await endless.readToEnd()
    for (const client of others) t.is(await client.ask(QUESTION), ANSWER)
    for (const peer of [unknown, endless]) peer.finish()
    for (const client of others) await client.close()
    const { closes } = await statsOnce(server, ({ closed }) => closed === 7)
    t.like(closes, { 'unknown-request': 1, 'request-too-long': 1, finished: 5 })
  })

  test.serial(`${name}: clients that vanish in the middle of a question cost nothing`, async t => {
    const server = await serve(t, start)
    for (let vanished = 0; vanished < 50; vanished += 1) {
      const peer = await Peer.connect(server.address)
      await peer.send('What is your qu')
      peer.finish()
      peer.destroy()
    }
    await askThree(t, server)
    const stats = await statsOnce(server, ({ closed }) => closed === 51)
    t.is(stats.open, 0)
    t.is(stats.closes.truncated + stats.closes.reset, 50)
  })

  test.serial(`${name}: clients that reset with answers unread disturb nobody else`, async t => {
    const server = await serve(t, start)
    const other = await connect({ port: server.address.port })
    for (let reset = 0; reset < 20; reset += 1) {
      const peer = await Peer.connect(server.address)
      await peer.send(QUESTION.repeat(100))
      peer.reset()
      t.is(await other.ask(QUESTION), ANSWER)
    }
    await other.close()
    const stats = await statsOnce(server, ({ closed }) => closed === 21)
    t.like(stats, { open: 0, accepted: 21 })
    t.is(stats.closes.reset, 20)
  })

  test.serial(`${name}: idle clients keep nobody from being served, and are served`, async t => {
    const server = await serve(t, start)
    const idle: Peer[] = []
    for (let opened = 0; opened < 300; opened += 1) idle.push(await Peer.connect(server.address))
    for (let served = 0; served < 20; served += 1) await askThree(t, server)
    t.is((await statsOnce(server, ({ open }) => open === 300)).open, 300)
    await Promise.all(idle.map(peer => peer.send(QUESTION)))
    await Promise.all(idle.map(peer => peer.expect(ANSWER)))
    for (const peer of idle) peer.finish()
    const stats = await statsOnce(server, ({ open }) => open === 0)
    t.is(stats.closes.finished, 320)
  })

  test.serial(`${name}: a slow handler keeps no configured answer waiting`, async t => {
    let answer: (response: string) => void = () => {}
    const handler: Handler = () => new Promise(resolve => (answer = resolve))
    const server = await serve(t, start, { handler })
    const slow = await connect({ port: server.address.port })
    const waiting = slow.ask('Slow?')
    await statsOnce(server, ({ inFlight }) => inFlight === 1)
    await askThree(t, server)
    t.is(server.stats().inFlight, 1)
    answer('At last.')
    t.is(await waiting, 'At last.')
    await slow.close()
  })

  test.serial(`${name}: one server's limit in flight makes others wait, not fail`, async t => {
    const server = await serve(t, start, { handler: echo, inFlightServerMax: 1 })
    await Promise.all(Array.from({ length: 5 }, (_, index) => converse(t, server, index)))
    t.is(server.stats().inFlight, 0)
  })

  test.serial(`${name}: connections over connectionsMax are refused and counted`, async t => {
    const server = await serve(t, start, { connectionsMax: 2 })
    const [first, second] = [await Peer.connect(server.address), await Peer.connect(server.address)]
    await statsOnce(server, ({ open }) => open === 2)
    const third = await Peer.connect(server.address)
    await third.readToEnd()
    t.like(await statsOnce(server, ({ refused }) => refused === 1), { refused: 1, accepted: 2 })
    first.finish()
    await first.readToEnd()
    await statsOnce(server, ({ open }) => open === 1)
    await askThree(t, server)
    second.finish()
  })
}
