/** Members of a crew: where handlers run, how members end, and what they leave behind. */

import cluster from 'node:cluster'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import type { LancelotError } from '../../src/errors.ts'
import { SocketClient } from '../socket-client.ts'
import {
  ask,
  askAgain,
  type Crew,
  MODULE,
  nextClose,
  nextError,
  SLOW_MODULE,
  start,
  untilStats,
} from './crews.ts'

const MEMBERS: readonly Crew[] = ['processes', 'worker-threads', 'inetd']
const STANDING: readonly Crew[] = ['processes', 'worker-threads']

for (const crew of MEMBERS) {
  test.serial(
    `${crew}: a handler that is a function is asked where the server was started`,
    async t => {
      const server = await start(t, crew, { handler: request => `${request} ${process.pid}.` })
      t.is((await ask(server, 'a')).said, `a ${process.pid}.`)
      await untilStats(server, { accepted: 1, open: 1, requests: 1, handled: 1, inFlight: 0 })
    },
  )

  test.serial(`${crew}: a handler's module runs where its connection is served`, async t => {
    const server = await start(t, crew, { handlerModule: MODULE })
    const { client, said } = await ask(server, 'where')
    t.not(said, `${process.pid}/0.`)
    t.is(await askAgain(client, 'where'), said)
    t.is(await askAgain(client, 'send'), 'pushed true.')
    t.is(await askAgain(client, 'later'), 'Later.')
  })

  test.serial(`${crew}: routes are asked at the leader though the handler is a module`, async t => {
    const routes = { 'get ': (request: string) => `${request.slice(4)} ${process.pid}.` }
    const server = await start(t, crew, { handlerModule: MODULE, routes })
    const { client, said } = await ask(server, 'get it')
    t.is(said, `it ${process.pid}.`)
    t.is(await askAgain(client, 'it'), 'Mit.')
  })

  test.serial(`${crew}: a changed answer reaches every member`, async t => {
    const server = await start(t, crew)
    const clients = [(await ask(server, 'x')).client, (await ask(server, 'x')).client]
    for (const [answer, change] of [
      ['New.', () => server.answers.set('x?', 'New.')],
      ['Replaced.', () => server.answers.replace({ x: 'Replaced.' })],
      ['Error: unknown question.', () => server.answers.delete('x')],
    ] as const) {
      change()
      for (const client of clients) while ((await askAgain(client, 'x')) !== answer) await turn()
    }
    t.is(server.answers.size, 0)
    t.is((await ask(server, 'x')).said, 'Error: unknown question.')
  })

  test.serial(`${crew}: a member that blocks is killed a second after the deadline`, async t => {
    const server = await start(t, crew, { handlerModule: MODULE })
    const closed = nextClose(server)
    const { client } = await ask(server, 'x')
    // What it counts later is never heard of.
    await untilStats(server, { open: 1, answered: 1 })
    client.send('block 600000?')
    t.deepEqual(await server.close({ drainMsMax: 10 }), { drained: 0, cut: 1 })
    t.is((await closed).code, 'cut')
    t.like(server.stats(), { accepted: 1, open: 0, closed: 1, inFlight: 0 })
    client.socket.destroy()
  })
}

for (const crew of STANDING) {
  test.serial(`${crew}: a member that ends by itself is told of and replaced`, async t => {
    // The place of the lost connection is free again.
    const server = await start(t, crew, { handlerModule: MODULE, workers: 1, connectionsMax: 1 })
    const [failed, closed] = [nextError(server), nextClose(server)]
    const { client, said } = await ask(server, 'where')
    client.send('die?')
    t.is((await failed).code, 'ERR_LANCELOT_WORKER')
    t.is((await closed).code, 'server-failed')
    const again = await ask(server, 'where')
    t.not(again.said, said)
    await untilStats(server, { accepted: 2, open: 1, closed: 1, inFlight: 0 })
  })

  test.serial(`${crew}: a module that cannot be imported is refused at the start`, async t => {
    const handlerModule = new URL('./modules/missing.mjs', import.meta.url)
    const error = await t.throwsAsync(start(t, crew, { handlerModule }))
    t.is((error as LancelotError).code, 'ERR_LANCELOT_HANDLER_MODULE')
  })
}

test.serial('processes: one that is killed ends its connections and no others', async t => {
  const server = await start(t, 'processes', { handlerModule: MODULE })
  const [failed, closed] = [nextError(server), nextClose(server)]
  const [one, other] = [await ask(server, 'where'), await ask(server, 'where')]
  t.not(one.said, other.said)
  process.kill(Number.parseInt(one.said, 10), 'SIGKILL')
  t.regex((await failed).message, /SIGKILL.*replaced/)
  t.is((await closed).code, 'server-failed')
  t.is(await askAgain(other.client, 'where'), other.said)
})

test.serial('inetd: every connection has a process, which ends with it', async t => {
  const server = await start(t, 'inetd', { handlerModule: MODULE })
  const [one, other] = [await ask(server, 'where'), await ask(server, 'where')]
  t.not(one.said, other.said)
  const pid = Number.parseInt(one.said, 10)
  const closed = nextClose(server)
  await one.client.finish()
  t.is((await closed).code, 'finished')
  while (isRunning(pid)) await turn()
  t.is(await askAgain(other.client, 'where'), other.said)
})

test.serial('inetd: a peer that has finished before its process can serve is served', async t => {
  const server = await start(t, 'inetd', { handlerModule: SLOW_MODULE, greeting: 'Hello.' })
  const client = await SocketClient.open(server.address)
  client.socket.end()
  t.is(await client.ended, 'fin')
  t.is(client.received, 'Hello.')
})

test.serial('processes: no process is left', async t => {
  const server = await start(t, 'processes', { handlerModule: MODULE })
  const { client, said } = await ask(server, 'where')
  t.deepEqual(await server.close(), { drained: 1, cut: 0 })
  t.is(await client.finish(), 'fin')
  t.false(isRunning(Number.parseInt(said, 10)))
})

const testLinux = existsSync('/proc/self/fd') ? test.serial : test.serial.skip

testLinux('worker-threads: no thread and no descriptor is left', async t => {
  const count = (): number[] => [
    readdirSync('/proc/self/task').length,
    readdirSync('/proc/self/fd').length,
  ]
  const live = async (): Promise<void> => {
    const server = await start(t, 'worker-threads')
    const { client } = await ask(server, 'x')
    const closing = server.close()
    await client.finish()
    await closing
    if (!client.socket.closed) await new Promise(resolve => client.socket.once('close', resolve))
  }
  await live()
  const before = count()
  await live()
  await live()
  while (count().some((now, at) => now > (before[at] as number))) await turn()
  t.pass()
})

for (const crew of MEMBERS) {
  testLinux(`${crew}: answers that are refused leave nothing open`, async t => {
    const before = readdirSync('/proc/self/fd').length
    const answers = { x: 'X'.repeat(17) }
    const error = await t.throwsAsync(start(t, crew, { answers, answerBytesMax: 16 }))
    t.true((error as LancelotError).code.startsWith('ERR_LANCELOT_'))
    t.is(readdirSync('/proc/self/fd').length, before)
  })
}

test.serial('worker-threads: a port that is to be shared is refused', async t => {
  const error = await t.throwsAsync(start(t, 'worker-threads', { reusePort: true }))
  t.is((error as LancelotError).code, 'ERR_LANCELOT_OPTION_RANGE')
})

test.serial('processes: a worker of cluster cannot have them', async t => {
  cluster.setupPrimary({ exec: fileURLToPath(new URL('children/worker.mjs', import.meta.url)) })
  const [code] = await once(cluster.fork(), 'message')
  t.is(code, 'ERR_LANCELOT_ARCHITECTURE')
})

test.serial('processes: the settings of cluster stay those of the user', async t => {
  cluster.setupPrimary({ exec: '/nowhere/mine.js' })
  await start(t, 'processes')
  t.is(cluster.settings.exec, '/nowhere/mine.js')
  t.is(cluster.settings.serialization, undefined)
})

/** Whether a process is there. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
