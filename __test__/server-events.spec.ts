/** What is told to whom: listeners, iterators and errors, over an engine that the test is. */

import test from 'ava'
import type { Observer } from '../src/architectures/architecture.ts'
import { LancelotError } from '../src/errors.ts'
import type { LancelotServer } from '../src/server.ts'
import type { ServerEvent } from '../src/types.ts'
import { type FakeDriver, fakeConnection, SUMMARY, startFake } from './fake-server.ts'

const ALL = { opened: true, requested: true, responded: true, closed: true }
const NONE = { opened: false, requested: false, responded: false, closed: false }

/** All that can happen, once each. */
function happen({ observer }: FakeDriver): void {
  const connection = fakeConnection(1)
  observer.opened(connection)
  observer.requested(connection, 'q', 1)
  observer.responded(connection, 'a', 1)
  observer.overloaded('in-flight')
  observer.relieved('in-flight', 5)
  observer.failed(new LancelotError('ERR_LANCELOT_ACCEPT', 'a fault'))
  observer.closed(connection, SUMMARY)
}

const NAMES = [
  'connection',
  'request',
  'response',
  'overload',
  'overloadEnd',
  'error',
  'close',
] as const

async function types(events: AsyncIterable<ServerEvent>): Promise<string[]> {
  const all: string[] = []
  for await (const event of events) all.push(event.type)
  return all
}

test('listeners are told of every event, with its arguments', async t => {
  const [server, driver] = await startFake(t)
  const told: unknown[][] = []
  for (const name of NAMES) server.on(name, (...args: unknown[]) => told.push([name, ...args]))
  happen(driver)
  t.deepEqual(
    told.map(([name]) => name),
    [...NAMES],
  )
  const [connection, request, response, overload, overloadEnd, error, close] = told
  const peer = connection?.[1]
  t.deepEqual(request?.slice(1), [peer, 'q', 1])
  t.deepEqual(response?.slice(1), [peer, 'a', 1])
  t.deepEqual(overload?.slice(1), ['in-flight'])
  t.deepEqual(overloadEnd?.slice(1), ['in-flight', 5])
  t.like(error?.[1], { code: 'ERR_LANCELOT_ACCEPT' })
  t.deepEqual(close?.slice(1), [peer, SUMMARY])
})

test('an iterator is given every event, as an object', async t => {
  const [server, driver] = await startFake(t)
  const events = server.events()
  happen(driver)
  driver.finishStop()
  await server.close()
  const all: ServerEvent[] = []
  for await (const event of events) all.push(event)
  t.deepEqual(
    all.map(({ type }) => type),
    [...NAMES],
  )
  const [opened, requested, responded, overloaded, relieved, failed, closed] = all
  const { connection } = opened as { connection: unknown }
  t.deepEqual(requested, { type: 'request', connection, request: 'q', number: 1 } as never)
  t.deepEqual(responded, { type: 'response', connection, response: 'a', number: 1 } as never)
  t.deepEqual(overloaded, { type: 'overload', reason: 'in-flight' })
  t.deepEqual(relieved, { type: 'overloadEnd', reason: 'in-flight', durationMs: 5 })
  t.like(failed, { error: { code: 'ERR_LANCELOT_ACCEPT' } })
  t.deepEqual(closed, { type: 'close', connection, summary: SUMMARY } as never)
})

test('an iterator is only given what it asked for', async t => {
  const [server, driver] = await startFake(t)
  const events = server.events({ only: ['close', 'request', 'close'] })
  happen(driver)
  driver.finishStop()
  await server.close()
  t.deepEqual(await types(events), ['request', 'close'])
})

test('nothing is wanted of an engine but what somebody listens to or reads', async t => {
  const [server, driver] = await startFake(t)
  const last = (): unknown => driver.interests.at(-1)
  t.deepEqual(driver.interests, [])
  const listen = (): void => {}
  server.on('error', listen).on('overload', listen).on('overloadEnd', listen)
  t.deepEqual(driver.interests, [], 'these are always told')
  server.on('close', listen)
  t.deepEqual(last(), { ...NONE, closed: true })
  server.on('close', listen)
  const closes = server.events({ only: ['close'] })
  t.is(driver.interests.length, 1, 'only a change is told')
  server.off('close', listen).off('close', listen)
  t.is(driver.interests.length, 1, 'the iterator still reads')
  const requests = server.events({ only: ['request', 'response'] })
  t.deepEqual(last(), { ...ALL, opened: false })
  await closes.return?.()
  t.deepEqual(last(), { ...NONE, requested: true, responded: true })
  server.once('response', listen)
  await requests.return?.()
  t.deepEqual(last(), { ...NONE, responded: true })
  driver.observer.responded(fakeConnection(1), 'a', 1)
  t.deepEqual(last(), NONE)
  server.events()
  t.deepEqual(last(), ALL)
})

test('an iterator that is aborted reads no more, and is not waited for', async t => {
  const [server, driver] = await startFake(t)
  const controller = new AbortController()
  const events = server.events({ signal: controller.signal })
  const next = events.next()
  controller.abort()
  t.deepEqual(await next, { done: true, value: undefined })
  t.deepEqual(driver.interests, [ALL, NONE])
  t.deepEqual(await types(server.events({ signal: controller.signal })), [])
  t.is(driver.interests.length, 2)
})

test('an iterator that is too slow is told what it missed, and others miss nothing', async t => {
  const [server, driver] = await startFake(t)
  const slow = server.events({ only: ['request'], queuedMax: 2 })
  const other = server.events({ only: ['request'] })
  const connection = fakeConnection(1)
  for (let number = 1; number <= 5; number++) driver.observer.requested(connection, 'q', number)
  t.is((await slow.next()).value?.number, 1)
  driver.observer.requested(connection, 'q', 6)
  driver.finishStop()
  await server.close()
  const rest: unknown[] = []
  for await (const event of slow) rest.push('count' in event ? event : event.number)
  t.deepEqual(rest, [2, { type: 'dropped', count: 3 }, 6])
  t.is((await types(other)).length, 6)
})

test('the options of an iterator are checked', async t => {
  const [server] = await startFake(t)
  for (const [options, option, message] of [
    [{ only: 'close' }, 'only', /only is "close"; allowed is a list of at least one of connection/],
    [{ only: [] }, 'only', /an empty list/],
    [{ only: ['close', 'opened'] }, 'only', /a list with "opened"/],
    [{ only: ['dropped'] }, 'only', /a list with "dropped"/],
    [{ queuedMax: 0 }, 'queuedMax', /1 to 1048576/],
    [{ signal: 1 }, 'signal', /an AbortSignal/],
    [{ onyl: ['close'] }, 'onyl', /is it only\?/],
  ] as const) {
    const error = t.throws(() => server.events(options as never), { message }) as LancelotError
    t.is(error.option, option)
  }
})

test('a server that has closed has no more events', async t => {
  const [server, driver] = await startFake(t)
  driver.finishStop()
  await server.close()
  t.deepEqual(await types(server.events()), [])
  server.on('close', () => {})
  t.deepEqual(driver.interests, [])
})

test('a server whose loop failed ends its iterators without being asked to close', async t => {
  const [server, driver] = await startFake(t)
  const events = server.events()
  driver.observer.failed(new LancelotError('ERR_LANCELOT_LOOP_FAILED', 'a fault'))
  driver.finishStop()
  t.deepEqual(await types(events), ['error'])
})

const LAST = 'the last of a test'

/** The warnings that come of an act: all that come before the one that the test makes. */
async function warningsOf(act: () => unknown): Promise<string[]> {
  const messages: string[] = []
  let noteLast: () => void = () => {}
  const last = new Promise<void>(resolve => {
    noteLast = resolve
  })
  const note = ({ message }: Error): void => {
    if (message === LAST) noteLast()
    else messages.push(message)
  }
  process.on('warning', note)
  await act()
  process.emitWarning(LAST)
  await last
  process.off('warning', note)
  return messages
}

const fault = (message: string): LancelotError => new LancelotError('ERR_LANCELOT_ACCEPT', message)

test.serial('an error is a warning unless a listener or an iterator takes it', async t => {
  const start = async (): Promise<[LancelotServer<'utf8'>, FakeDriver]> => startFake(t)
  const [, unheard] = await start()
  const warnings = await warningsOf(() => unheard.observer.failed(fault('unheard')))
  t.deepEqual(warnings, ['unheard'])
  const [listening, heard] = await start()
  listening.on('error', () => {})
  t.deepEqual(await warningsOf(() => heard.observer.failed(fault('heard'))), [])
  const [reading, read] = await start()
  reading.events({ only: ['error'], queuedMax: 1 })
  t.deepEqual(await warningsOf(() => read.observer.failed(fault('read'))), [])
  t.deepEqual(await warningsOf(() => read.observer.failed(fault('no room'))), ['no room'])
  const [others, deaf] = await start()
  others.events({ only: ['close'] })
  t.deepEqual(await warningsOf(() => deaf.observer.failed(fault('unwanted'))), ['unwanted'])
})

test.serial(
  'warnings of a server come at most one a second, and are otherwise counted',
  async t => {
    const [, { observer }] = await startFake(t)
    const warnings = await warningsOf(() => {
      for (const message of ['one', 'two', 'three']) observer.failed(fault(message))
    })
    t.deepEqual(warnings, ['one'])
  },
)

test.serial('what fails before the server is there is told once it is', async t => {
  const early = (observer: Observer): void => observer.failed(fault('early'))
  t.deepEqual(await warningsOf(() => startFake(t, {}, early)), ['early'])
})

test('a server is asked for its connections, and has none once it has closed', async t => {
  const [server, driver] = await startFake(t)
  driver.peers.push(fakeConnection(1), fakeConnection(2))
  const ids: number[] = []
  for await (const { id } of server.connections()) ids.push(id)
  t.deepEqual(ids, [1, 2])
  driver.finishStop()
  await server.close()
  t.deepEqual(await server.connections().next(), { done: true, value: undefined })
})

test('a broadcast is checked, and its bytes go to the engine', async t => {
  const [server, driver] = await startFake(t, {
    encoding: 'latin1',
    answerBytesMax: 3,
    unknownAnswer: '',
  })
  driver.peers.push(fakeConnection(1))
  t.is(await server.broadcast('é'), 1)
  t.is(await server.broadcast(Buffer.from('b'), { to: 'group' }), 1)
  t.deepEqual(driver.calls, [
    ['broadcast', Buffer.from([0xe9]), undefined],
    ['broadcast', Buffer.from('b'), 'group'],
  ])
  const code = 'ERR_LANCELOT_ARGUMENT'
  await t.throwsAsync(server.broadcast('€'), { code })
  await t.throwsAsync(server.broadcast('four'), { code })
  await t.throwsAsync(server.broadcast(1 as never), { code })
  for (const [options, wanted] of [
    [{ to: '' }, 'ERR_LANCELOT_OPTION_RANGE'],
    [{ to: 'é'.repeat(128) }, 'ERR_LANCELOT_OPTION_RANGE'],
    [{ to: 1 }, 'ERR_LANCELOT_OPTION_TYPE'],
    [{ too: 'x' }, 'ERR_LANCELOT_OPTION_UNKNOWN'],
    [null, 'ERR_LANCELOT_OPTION_TYPE'],
  ] as const) {
    await t.throwsAsync(server.broadcast('x', options as never), { code: wanted })
  }
  t.is(driver.calls.length, 2)
  driver.finishStop()
  await server.close()
  t.is(await server.broadcast('x'), 0)
  t.is(driver.calls.filter(([name]) => name === 'broadcast').length, 2)
})

test('ref and unref are passed on, until the server has closed', async t => {
  const [server, driver] = await startFake(t)
  t.is(server.unref().ref(), server)
  t.deepEqual(driver.calls, [['unref'], ['ref']])
  driver.finishStop()
  await server.close()
  server.unref().ref()
  t.is(driver.calls.filter(([name]) => name !== 'stop').length, 2)
})
