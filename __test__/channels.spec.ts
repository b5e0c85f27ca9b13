/** The channels of node:diagnostics_channel: what they tell, and that it costs nothing unheard. */

import { AsyncLocalStorage } from 'node:async_hooks'
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel'
import test, { type ExecutionContext } from 'ava'
import type { Observer } from '../src/architectures/architecture.ts'
import { CHANNELS, watchChannels } from '../src/channels.ts'
import { LancelotError } from '../src/errors.ts'
import { EVENT_NAMES } from '../src/options.ts'
import type { ChannelMessage } from '../src/server.ts'
import { fakeConnection, SUMMARY, startFake } from './fake-server.ts'

// The channels are the process's: one test at a time.

const NONE = { opened: false, requested: false, responded: false, closed: false }

/** Subscribes until the test ends, or until what it returns is called. */
function listen(t: ExecutionContext, name: string, told: (message: unknown) => void): () => void {
  subscribe(name, told)
  const leave = (): void => {
    unsubscribe(name, told)
  }
  t.teardown(leave)
  return leave
}

test.serial('there is a channel for every event', t => {
  t.deepEqual(
    Object.entries(CHANNELS).map(([event, { name }]) => [event, name]),
    EVENT_NAMES.map(event => [event, `lancelot.${event}`]),
  )
  for (const event of EVENT_NAMES) t.is(channel(`lancelot.${event}`), CHANNELS[event])
})

test.serial('a channel tells the event and the server', async t => {
  const messages: ChannelMessage[] = []
  for (const name of EVENT_NAMES) {
    listen(t, `lancelot.${name}`, message => messages.push(message as ChannelMessage))
  }
  const [server, { observer }] = await startFake(t)
  server.on('error', () => {})
  const connection = fakeConnection(1)
  const error = new LancelotError('ERR_LANCELOT_ACCEPT', 'a fault')
  observer.opened(connection)
  observer.requested(connection, 'q', 1)
  observer.responded(connection, 'a', 1)
  observer.overloaded('in-flight')
  observer.relieved('in-flight', 5)
  observer.failed(error)
  observer.closed(connection, SUMMARY)
  t.true(messages.every(message => message.server === server))
  t.deepEqual(
    messages.map(({ server: _, ...event }) => event),
    [
      { type: 'connection', connection },
      { type: 'request', connection, request: 'q', number: 1 },
      { type: 'response', connection, response: 'a', number: 1 },
      { type: 'overload', reason: 'in-flight' },
      { type: 'overloadEnd', reason: 'in-flight', durationMs: 5 },
      { type: 'error', error },
      { type: 'close', connection, summary: SUMMARY },
    ],
  )
})

test.serial('an engine records what channels want, as their subscribers come and go', async t => {
  const nothing = (): void => {}
  const before = listen(t, 'lancelot.close', nothing)
  const [, { interests }] = await startFake(t)
  const last = (): unknown => interests.at(-1)
  t.deepEqual(interests, [{ ...NONE, closed: true }], 'who subscribed before the start counts')
  const request = listen(t, 'lancelot.request', nothing)
  t.deepEqual(last(), { ...NONE, closed: true, requested: true })
  const again = listen(t, 'lancelot.request', () => {})
  request()
  t.deepEqual(last(), { ...NONE, closed: true, requested: true })
  again()
  t.deepEqual(last(), { ...NONE, closed: true })
  before()
  t.deepEqual(last(), NONE)
  const response = channel('lancelot.response')
  response.subscribe(nothing)
  t.deepEqual(last(), { ...NONE, responded: true })
  t.true(response.unsubscribe(nothing), 'what the method returns is returned')
  t.false(response.unsubscribe(nothing))
  t.deepEqual(last(), NONE)
  t.is(interests.length, 6, 'only changes are told')
})

test.serial('a channel with a store is a channel that is used', async t => {
  const [, { interests }] = await startFake(t)
  const store = new AsyncLocalStorage()
  const connections = channel('lancelot.connection')
  connections.bindStore(store)
  t.deepEqual(interests, [{ ...NONE, opened: true }])
  connections.unbindStore(store)
  t.deepEqual(interests.at(-1), NONE)
})

test.serial('a listener, an iterator and a channel are each enough', async t => {
  const [server, { interests }] = await startFake(t)
  const heard = (): void => {}
  const leave = listen(t, 'lancelot.request', heard)
  server.on('request', heard)
  const events = server.events({ only: ['request'] })
  leave()
  server.off('request', heard)
  t.deepEqual(interests, [{ ...NONE, requested: true }])
  await events.return?.()
  t.deepEqual(interests.at(-1), NONE)
})

test.serial('what was always told is told by channels too, even from before the start', async t => {
  const messages: unknown[] = []
  listen(t, 'lancelot.overload', message => messages.push(message))
  const [server] = await startFake(t, {}, (observer: Observer) => {
    observer.overloaded('connections')
  })
  t.deepEqual(messages, [{ type: 'overload', reason: 'connections', server }])
})

test.serial('a subscriber that throws is uncaught and breaks nothing', async t => {
  const thrown = new Error('the fault of the subscriber')
  const others = process.listeners('uncaughtException')
  for (const listener of others) process.off('uncaughtException', listener)
  const uncaught = new Promise(resolve => process.once('uncaughtException', resolve))
  t.teardown(() => {
    for (const listener of others) process.on('uncaughtException', listener)
  })
  listen(t, 'lancelot.connection', () => {
    throw thrown
  })
  const [, { observer }] = await startFake(t)
  t.notThrows(() => observer.opened(fakeConnection(1)))
  t.is(await uncaught, thrown)
})

test.serial(
  'a subscriber to errors watches them, and does not keep them from being seen',
  async t => {
    const warned = new Promise<Error>(resolve => process.once('warning', resolve))
    listen(t, 'lancelot.error', () => {})
    const [, { observer }] = await startFake(t)
    observer.failed(new LancelotError('ERR_LANCELOT_ACCEPT', 'seen'))
    t.is((await warned).message, 'seen')
  },
)

test.serial('a watcher is told until it is let go', t => {
  let changes = 0
  const forget = watchChannels(() => {
    changes += 1
  })
  const leave = listen(t, 'lancelot.close', () => {})
  t.true(changes > 0)
  forget()
  const until = changes
  leave()
  t.is(changes, until)
})

test.serial('servers that closed are told of no channel', async t => {
  const told: number[] = []
  for (let number = 0; number <= 1000; number++) {
    const [server, driver] = await startFake(t)
    Object.assign(server, { listenersChanged: () => told.push(number) })
    if (number === 1000) break
    driver.finishStop()
    await server.close()
  }
  listen(t, 'lancelot.close', () => {})
  t.deepEqual([...new Set(told)], [1000], 'the one that is open')
})
