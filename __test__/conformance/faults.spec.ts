/**
 * The textbook's faults that need several clients, against every design.
 *
 * Those that need one client are cases: `__test__/vectors/faults.json`. A design that cannot meet a
 * rule by its nature is named at the rule, with why; its page in `docs/architectures/` tells.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { connect } from '../../src/client.ts'
import { ARCHITECTURE_NAMES } from '../../src/options.ts'
import { lancelot } from '../../src/protocols/lancelot.ts'
import type {
  ArchitectureName,
  Handler,
  ServerOptions,
  StartOptions,
  Stats,
} from '../../src/types.ts'
import { startDesign } from '../start-design.ts'
import { Peer } from './peer.ts'
import type { Server, Start } from './run-on-server.ts'

/** Why a design cannot meet a rule. */
type Cannot = Partial<Record<ArchitectureName, string>>

const ONE: Cannot = { 'one-at-a-time': 'it serves one client, and the others wait' }
const FEW: Cannot = {
  ...ONE,
  'thread-pool': 'it serves as many clients as it has workers, and the others wait',
  inetd: 'it would be three hundred processes',
}

/** What a design needs to have enough of its own for seven clients at once. */
const DESIGNS: Partial<Record<ArchitectureName, StartOptions>> = {
  'thread-pool': { workers: 8 },
  processes: { workers: 2 },
  'worker-threads': { workers: 2 },
}

/** One test for each design that can meet the rule. */
function rule(
  title: string,
  cannot: Cannot,
  run: (t: ExecutionContext, start: Start, name: ArchitectureName) => Promise<void>,
): void {
  for (const architecture of ARCHITECTURE_NAMES.filter(name => !(name in cannot))) {
    const start: Start = options => {
      return startDesign({ ...options, ...DESIGNS[architecture], architecture })
    }
    test.serial(`${architecture}: ${title}`, t => run(t, start, architecture))
  }
}

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
  for (let looksLeft = 6000; looksLeft > 0; looksLeft -= 1) {
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

/** How many clients at once, and how often each comes: fewer where each is a process. */
function crowd(name: ArchitectureName): { clients: number; talks: number } {
  return name === 'inetd' ? { clients: 5, talks: 3 } : { clients: 20, talks: 25 }
}

async function converse(
  t: ExecutionContext,
  server: Server,
  clientId: number,
  talks: number,
): Promise<void> {
  for (let talk = 0; talk < talks; talk += 1) {
    const client = await connect({ port: server.address.port })
    for (let asked = 0; asked < 5; asked += 1) {
      if ((await client.ask(QUESTION)) !== ANSWER) t.fail('a configured answer is wrong')
      const own = `${clientId} in talk ${talk} asks ${asked}`
      if ((await client.ask(`${own}?`)) !== `${own}.`) t.fail(`${own} got another's answer`)
    }
    await client.close()
  }
}

rule(`descriptors that are reused at once lose no conversation`, {}, async (t, start, name) => {
  const server = await serve(t, start, { handler: echo })
  const { clients, talks } = crowd(name)
  const peers = Array.from({ length: clients }, (_, index) => converse(t, server, index, talks))
  await Promise.all(peers)
  const all = clients * talks
  const stats = await statsOnce(server, ({ closed }) => closed === all)
  t.like(stats, { accepted: all, open: 0, answered: 5 * all, handled: 5 * all, inFlight: 0 })
  t.is(stats.closes.finished, all)
})

rule(`one bad question disturbs nobody else`, ONE, async (t, start) => {
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

rule(`clients that vanish in the middle of a question cost nothing`, {}, async (t, start, name) => {
  const server = await serve(t, start)
  // Where each has a process of its own, fewer: they start one after the other.
  const clients = name === 'inetd' ? 10 : 50
  for (let vanished = 0; vanished < clients; vanished += 1) {
    const peer = await Peer.connect(server.address)
    await peer.send('What is your qu')
    peer.finish()
    peer.destroy()
  }
  await askThree(t, server)
  const stats = await statsOnce(server, ({ closed }) => closed === clients + 1)
  t.is(stats.open, 0)
  t.is(stats.closes.truncated + stats.closes.reset, clients)
})

rule(`clients that reset with answers unread disturb nobody else`, ONE, async (t, start) => {
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

rule(`idle clients keep nobody from being served, and are served`, FEW, async (t, start) => {
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

rule(`a slow handler keeps no configured answer waiting`, ONE, async (t, start) => {
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

rule(`one server's limit in flight makes others wait, not fail`, {}, async (t, start, name) => {
  const server = await serve(t, start, { handler: echo, inFlightServerMax: 1 })
  const { talks } = crowd(name)
  const peers = Array.from({ length: 5 }, (_, index) => converse(t, server, index, talks))
  await Promise.all(peers)
  t.is((await statsOnce(server, ({ inFlight }) => inFlight === 0)).inFlight, 0)
})

rule(`connections over connectionsMax are refused and counted`, ONE, async (t, start) => {
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
