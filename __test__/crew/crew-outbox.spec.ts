/** What a leader tells a member that blocks: bounded, counted, and every question is settled. */

import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import {
  CHANGES_QUEUED_MAX,
  CrewOutbox,
  PUSH_BYTES_QUEUED_MAX,
} from '../../src/crew/crew-outbox.ts'
import { Line } from '../../src/crew/line.ts'
import type { Command, PackedAnswer, Reply, Report } from '../../src/crew/messages.ts'

/** A leader, and a member that takes what it was told when it wakes. */
class Scene {
  readonly table: PackedAnswer[] = []
  readonly dropped = { pushesDropped: 0, responsesDropped: 0 }
  readonly done: Command[] = []
  readonly outbox: CrewOutbox
  readonly #down: (readonly Command[])[] = []
  readonly #up: (readonly Report[])[] = []
  readonly #member: Line<Report, Command>

  constructor() {
    this.outbox = new CrewOutbox({
      post: batch => this.#down.push(batch),
      take: report => {
        if (report[0] === 'replied') this.outbox.settle(report[1], report[2])
      },
      answers: () => [...this.table],
      dropped: (what, count) => {
        this.dropped[what] += count
      },
    })
    this.#member = new Line<Report, Command>({
      post: batch => this.#up.push(batch),
      take: command => {
        this.done.push(command)
        if (command[0] === 'send') this.#member.add(['replied', command[2], true])
      },
      // As with counters: see reporter.ts.
      leaving: () => true,
    })
  }

  /** How many commands are on their way to the member. */
  get posted(): number {
    return this.#down.flat().length
  }

  async wake(): Promise<void> {
    await turn()
    while (this.#up.length + this.#down.length > 0) {
      for (const batch of this.#down.splice(0)) this.#member.receive(batch)
      await turn()
      for (const batch of this.#up.splice(0)) this.outbox.receive(batch)
      await turn()
    }
  }

  send(bytes: string): Promise<Reply> {
    return this.outbox.ask(ticket => ['send', 1, ticket, bytes])
  }
}

test('pushes to a member that blocks are refused over the bound, and counted', async t => {
  const scene = new Scene()
  const piece = 'x'.repeat(1024 * 1024)
  const fit = PUSH_BYTES_QUEUED_MAX / piece.length - 1
  const taken = Array.from({ length: fit }, () => scene.send(piece))
  t.is(await scene.send(piece), undefined)
  t.is(await scene.outbox.ask(ticket => ['broadcast', ticket, piece, undefined]), undefined)
  t.is(await scene.outbox.ask(ticket => ['join', 1, ticket, piece]), undefined)
  t.deepEqual(scene.dropped, { pushesDropped: 2, responsesDropped: 0 })
  await scene.wake()
  t.deepEqual(await Promise.all(taken), Array(fit).fill(true))
  const again = scene.send(piece)
  await scene.wake()
  t.true(await again, 'there is room again')
})

test('what is asked and holds no bytes is never refused', async t => {
  const scene = new Scene()
  for (let count = 0; count < 64; count++) void scene.send('x'.repeat(1024 * 1024))
  scene.outbox.tell(['close', 1])
  void scene.outbox.ask(ticket => ['inspect', 1, ticket])
  await scene.wake()
  t.deepEqual(scene.done.slice(-2), [
    ['close', 1],
    ['inspect', 1, scene.done.filter(([kind]) => kind === 'send').length + 2],
  ])
})

test('changes over the bound become one replacement, and the table is right', async t => {
  const scene = new Scene()
  const changes = CHANGES_QUEUED_MAX + 1000
  for (let number = 1; number <= changes; number++) {
    scene.table[0] = ['key', `answer ${number}`, false]
    scene.outbox.change(['set', scene.table[0]])
  }
  t.is(scene.posted, CHANGES_QUEUED_MAX)
  await scene.wake()
  t.is(scene.done.length, CHANGES_QUEUED_MAX + 1)
  t.deepEqual(scene.done.at(-1), ['replace', [['key', `answer ${changes}`, false]]])
  scene.outbox.change(['delete', 'key'])
  await scene.wake()
  t.deepEqual(scene.done.at(-1), ['delete', 'key'], 'then changes are told one by one again')
})

test('whatever a member had not taken when it ended is dropped and settled', async t => {
  const scene = new Scene()
  const taken = scene.send('a')
  scene.outbox.tell(['answer', 1, 1, 'response'])
  await scene.wake()
  t.true(await taken)
  const waiting = [
    scene.send('b'),
    scene.outbox.ask(ticket => ['broadcast', ticket, 'c', undefined]),
    scene.outbox.ask(ticket => ['join', 1, ticket, 'd']),
    scene.outbox.ask(ticket => ['inspect', 1, ticket]),
  ]
  for (let number = 2; number <= 100; number++) scene.outbox.tell(['answer', 1, number, 'late'])
  scene.outbox.tell(['end', 1, 101, 'handler-close'])
  scene.outbox.end()
  scene.outbox.end()
  t.deepEqual(await Promise.all(waiting), Array(4).fill(undefined))
  // The first response had been taken, and that was said.
  t.deepEqual(scene.dropped, { pushesDropped: 2, responsesDropped: 100 })
  t.is(await scene.send('e'), undefined)
  t.is(scene.dropped.pushesDropped, 3)
})
