/** What a member tells a leader that sleeps: bounded, counted, and no end without a beginning. */

import { setImmediate as turn } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import type { Interest } from '../../src/architectures/architecture.ts'
import { Line } from '../../src/crew/line.ts'
import type { Command, Report } from '../../src/crew/messages.ts'
import { EVENT_BYTES_QUEUED_MAX, EVENTS_QUEUED_MAX, Reporter } from '../../src/crew/reporter.ts'
import { LancelotError } from '../../src/errors.ts'
import { newStats } from '../../src/protocol/shared.ts'
import type { Connection, ConnectionSummary } from '../../src/types.ts'

const ALL: Interest = { opened: true, requested: true, responded: true, closed: true }
const SUMMARY: ConnectionSummary = {
  code: 'finished',
  requests: 0,
  bytesRead: 0,
  bytesWritten: 0,
  durationMs: 0,
}

function connection(id: number): Connection {
  const nobody = { remoteAddress: undefined, remotePort: undefined, openedAtMs: 0 }
  return { id, ...nobody } as Connection
}

/** A reporter, and a leader that takes what it was told when it is woken. */
class Scene {
  readonly reporter: Reporter
  readonly tally = newStats()
  readonly told: Report[] = []
  readonly #up: (readonly Report[])[] = []
  readonly #down: (readonly Command[])[] = []
  readonly #leader: Line<Command, Report>

  constructor(interest: Interest) {
    this.reporter = new Reporter({
      post: batch => this.#up.push(batch),
      take: () => {},
      heard: () => {},
      closed: () => {},
    })
    this.reporter.begin({ tally: this.tally, stats: () => ({ ...this.tally }) })
    this.reporter.observe(interest)
    this.#leader = new Line<Command, Report>({
      post: batch => this.#down.push(batch),
      take: report => this.told.push(report),
    })
  }

  /** The leader wakes, and takes all there is. */
  async wake(): Promise<void> {
    await turn()
    while (this.#up.length + this.#down.length > 0) {
      for (const batch of this.#up.splice(0)) this.#leader.receive(batch)
      await turn()
      for (const batch of this.#down.splice(0)) this.reporter.line.receive(batch)
      await turn()
    }
  }

  /** How many batches are on their way to the leader. */
  get posted(): number {
    return this.#up.length
  }

  those<Kind extends Report[0]>(kind: Kind): Extract<Report, readonly [Kind, ...unknown[]]>[] {
    return this.told.filter(([one]) => one === kind) as never
  }

  /** Told as events: an introduction is one only if the connection opened just now. */
  get events(): number {
    const met = this.those('met')
    const missed = new Set(met.filter(([, , how]) => how === 'missed').map(([, { id }]) => id))
    const opened = met.filter(([, , how]) => how === 'opened').length
    const closed = this.those('closed').filter(([, id]) => !missed.has(id)).length
    return opened + closed + this.those('requested').length + this.those('responded').length
  }
}

/** Each end has a beginning, each is once, and what was dropped is announced and counted. */
function assertExact(t: ExecutionContext, scene: Scene, produced: number): void {
  const known = new Set<number>()
  for (const report of scene.told) {
    if (report[0] === 'met') {
      t.false(known.has(report[1].id))
      known.add(report[1].id)
    } else if (report[0] === 'closed') {
      if (!known.delete(report[1])) t.fail(`the end of ${report[1]} has no beginning`)
    }
  }
  t.is(known.size, 0)
  t.is(scene.events + scene.tally.eventsDropped, produced)
  const announced = scene.those('dropped').reduce((sum, [, count]) => sum + count, 0)
  t.is(announced, scene.tally.eventsDropped)
}

test('events of a leader that sleeps are bounded; the others are counted', async t => {
  const scene = new Scene(ALL)
  const connections = EVENTS_QUEUED_MAX / 2
  for (let id = 1; id <= connections; id++) {
    scene.reporter.opened(connection(id))
    scene.reporter.requested(connection(id), 'request', 1)
    scene.reporter.responded(connection(id), 'response', 1)
    scene.reporter.closed(connection(id), SUMMARY)
    t.true(scene.reporter.line.waiting('events').count <= EVENTS_QUEUED_MAX)
    if (id % 1000 === 0) await turn()
  }
  t.is(scene.reporter.line.waiting('events').count, EVENTS_QUEUED_MAX)
  t.true(scene.posted <= 32, 'the system holds a few batches')
  await scene.wake()
  assertExact(t, scene, 4 * connections)
  t.true(scene.tally.eventsDropped > 0)
  t.is(scene.reporter.line.waiting('events').count, 0)
})

test('so are the bytes of their text', async t => {
  const scene = new Scene(ALL)
  const request = 'x'.repeat(1024 * 1024)
  scene.reporter.opened(connection(1))
  for (let number = 1; number <= 40; number++) {
    scene.reporter.requested(connection(1), request, number)
  }
  t.is(scene.reporter.line.waiting('events').bytes, EVENT_BYTES_QUEUED_MAX)
  scene.reporter.closed(connection(1), SUMMARY)
  await scene.wake()
  t.is(scene.those('requested').length, EVENT_BYTES_QUEUED_MAX / request.length)
  assertExact(t, scene, 42)
})

/** Fills the room for events; these are no connection's. */
function fill({ reporter }: Scene): void {
  const error = new LancelotError('ERR_LANCELOT_HANDLER', '')
  for (let count = 0; count < EVENTS_QUEUED_MAX; count++) reporter.failed(error)
}

test('of a connection whose opening was dropped only requests are told', async t => {
  const scene = new Scene(ALL)
  fill(scene)
  scene.reporter.opened(connection(7))
  await scene.wake()
  // There is room again, but who was not told of a beginning is not told of the rest.
  scene.reporter.requested(connection(7), 'request', 1)
  scene.reporter.introduce(connection(7))
  scene.reporter.line.add(['asked', 7, 0, 'request', 1])
  scene.reporter.closed(connection(7), SUMMARY)
  await scene.wake()
  t.deepEqual(
    scene.those('met').map(([, { id }, how]) => [id, how]),
    [[7, 'missed']],
  )
  t.is(scene.those('asked').length, 1)
  t.is(scene.those('requested').length, 0)
  t.is(scene.tally.eventsDropped, 3)
  assertExact(t, scene, 3)
})

test('an end that somebody is owed is told though there is no room', async t => {
  const scene = new Scene(ALL)
  scene.reporter.opened(connection(1))
  fill(scene)
  scene.reporter.closed(connection(1), SUMMARY)
  await scene.wake()
  t.is(scene.those('closed').length, 1)
  // One error had no room, for the opening took it.
  t.is(scene.tally.eventsDropped, 1)
})

test('where only ends are wanted, those without room are dropped', async t => {
  const scene = new Scene({ ...ALL, opened: false, requested: false, responded: false })
  const connections = EVENTS_QUEUED_MAX + 100
  for (let id = 1; id <= connections; id++) {
    scene.reporter.opened(connection(id))
    scene.reporter.closed(connection(id), SUMMARY)
  }
  await scene.wake()
  t.is(scene.tally.eventsDropped, 100)
  assertExact(t, scene, connections)
})

test('counters that change while the leader sleeps are reported as they are at last', async t => {
  const scene = new Scene({ ...ALL, opened: false })
  for (let id = 1; id <= 100; id++) {
    scene.tally.accepted += 1
    scene.reporter.requested(connection(id), 'request', 1)
    await turn()
  }
  t.is(scene.posted, 32)
  await scene.wake()
  const counted = scene.those('counted')
  t.true(counted.length <= 33, String(counted.length))
  t.is(counted.at(-1)?.[1].accepted, 100)
})

test('an overload that changed without room is told as it is once there is some', async t => {
  const scene = new Scene(ALL)
  fill(scene)
  scene.reporter.overloaded('in-flight')
  scene.reporter.relieved('in-flight')
  scene.reporter.overloaded('in-flight')
  await scene.wake()
  scene.reporter.line.plan()
  await scene.wake()
  t.deepEqual(scene.those('in-flight'), [['in-flight', true]])
})
