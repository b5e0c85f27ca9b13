/** The bounded queue behind `server.events()`: order, losses, ends, and who waits. */

import test from 'ava'
import { type Dropped, EventStream } from '../src/event-stream.ts'
import { newSeed, randomOf } from './native/random.ts'

interface Told {
  type: 'told'
  number: number
}

const told = (number: number): Told => ({ type: 'told', number })
const lost = (count: number): { type: 'dropped'; count: number } => ({ type: 'dropped', count })

/** A stream, and how often it said that it ended. */
function stream(queuedMax: number, signal?: AbortSignal): [EventStream<Told>, () => number] {
  let ends = 0
  const ended = (): void => {
    ends += 1
  }
  return [new EventStream<Told>({ queuedMax, signal, ended }), () => ends]
}

async function rest(events: AsyncIterable<Told | Dropped>): Promise<(Told | Dropped)[]> {
  const all: (Told | Dropped)[] = []
  for await (const event of events) all.push(event)
  return all
}

test('events are read in the order in which they were told', async t => {
  const [events] = stream(10)
  for (const number of [1, 2, 3]) t.true(events.push(told(number)))
  t.deepEqual(await events.next(), { done: false, value: told(1) })
  events.push(told(4))
  events.end()
  t.deepEqual(await rest(events), [told(2), told(3), told(4)])
})

test('who waits is given what comes, the first who asked first', async t => {
  const [events] = stream(1)
  const asked = [events.next(), events.next(), events.next()]
  for (const number of [1, 2, 3, 4])
    t.true(events.push(told(number)), 'three of them were waited for')
  t.deepEqual(
    (await Promise.all(asked)).map(({ value }) => value),
    [told(1), told(2), told(3)],
  )
  events.end()
  t.deepEqual(await rest(events), [told(4)])
})

test('over the bound events are dropped, and that is told where they are missing', async t => {
  const [events] = stream(2)
  t.deepEqual(
    [1, 2, 3, 4, 5].map(number => events.push(told(number))),
    [true, true, false, false, false],
  )
  t.deepEqual((await events.next()).value, told(1))
  t.true(events.push(told(6)))
  t.false(events.push(told(7)), 'what tells of the loss takes no place, but the event does')
  events.end()
  t.deepEqual(await rest(events), [told(2), lost(3), told(6), lost(1)])
})

test('to read of a loss makes no room', async t => {
  const [events] = stream(1)
  for (const number of [1, 2]) events.push(told(number))
  t.deepEqual((await events.next()).value, told(1))
  t.true(events.push(told(3)))
  t.deepEqual((await events.next()).value, lost(1))
  t.false(events.push(told(4)))
  t.deepEqual((await events.next()).value, told(3))
  t.deepEqual((await events.next()).value, lost(1))
})

test('a loss is told as soon as all before it was read', async t => {
  const [events] = stream(1)
  for (const number of [1, 2, 3]) events.push(told(number))
  t.deepEqual((await events.next()).value, told(1))
  t.deepEqual((await events.next()).value, lost(2))
  const next = events.next()
  events.push(told(4))
  t.deepEqual((await next).value, told(4))
})

test('an end lets what is queued be read, and ends those who wait', async t => {
  const [events, ends] = stream(2)
  const [waiting, other] = [events.next(), events.next()]
  events.end()
  t.deepEqual(await Promise.all([waiting, other]), [
    { done: true, value: undefined },
    { done: true, value: undefined },
  ])
  t.false(events.push(told(1)))
  events.end()
  t.deepEqual([events.isEnded, ends()], [true, 1])
  t.deepEqual(await events.next(), { done: true, value: undefined })
})

test('a break ends the stream and drops what is queued', async t => {
  const [events, ends] = stream(5)
  for (const number of [1, 2, 3]) events.push(told(number))
  for await (const event of events) {
    t.deepEqual(event, told(1))
    break
  }
  t.is(ends(), 1)
  t.deepEqual(await events.next(), { done: true, value: undefined })
  t.deepEqual(await events.return(), { done: true, value: undefined })
  t.is(ends(), 1)
})

test('aborting ends at once, whoever waits and whatever is queued', async t => {
  const waited = new AbortController()
  const [idle, idleEnds] = stream(1, waited.signal)
  const next = idle.next()
  waited.abort()
  t.deepEqual(await next, { done: true, value: undefined })
  t.is(idleEnds(), 1)
  const queued = new AbortController()
  const [full] = stream(1, queued.signal)
  for (const number of [1, 2]) full.push(told(number))
  queued.abort()
  t.deepEqual(await rest(full), [])
})

test('a signal that was aborted before lets nothing in', async t => {
  const [events, ends] = stream(1, AbortSignal.abort())
  t.deepEqual([events.push(told(1)), events.isEnded, ends()], [false, true, 1])
  t.deepEqual(await rest(events), [])
})

test('a stream that ended lets go of its signal', t => {
  const { signal } = new AbortController()
  let held = 0
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    held += 1
    addEventListener.apply(signal, args)
  }
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    held -= 1
    removeEventListener.apply(signal, args)
  }
  const [events] = stream(1, signal)
  t.is(held, 1)
  events.end()
  t.is(held, 0)
})

test('delivered and dropped are what was told, in order, however it is read', async t => {
  const seed = newSeed()
  t.log(`SEED=${seed}`)
  const random = randomOf(seed)
  for (let round = 0; round < 200; round++) {
    const queuedMax = 1 + random(5)
    const [events] = stream(queuedMax)
    const read: Promise<IteratorResult<Told | Dropped>>[] = []
    let next = 0
    for (let step = 0; step < 60; step++) {
      if (random(3) === 0) read.push(events.next())
      else events.push(told(next++))
    }
    events.end()
    const all = (await Promise.all(read)).filter(({ done }) => !done).map(({ value }) => value)
    let expected = 0
    for (const event of [...all, ...(await rest(events))]) {
      if ('count' in event) {
        t.true(event.count > 0)
        expected += event.count
      } else {
        t.is(event.number, expected, `SEED=${seed}`)
        expected += 1
      }
    }
    t.is(expected, next, `SEED=${seed}`)
  }
})
