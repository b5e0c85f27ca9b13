/** The line between a leader and a member: what is on its way is known, and may be bounded. */

import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { bytesOf } from '../../src/crew/lanes.ts'
import { HEARD_BATCHES, HEARD_BYTES, HEARD_MESSAGES, Line } from '../../src/crew/line.ts'
import type { Command, Heard, Report } from '../../src/crew/messages.ts'

const BATCHES_MAX = 2 * HEARD_BATCHES

/** Both ends of a line, and what is on its way between them. */
class Wire {
  readonly up: (readonly Report[])[] = []
  readonly down: (readonly Command[])[] = []
  readonly taken: Report[] = []
  readonly member: Line<Report, Command>
  readonly leader: Line<Command, Report>
  /** What was posted up, all of it. */
  posted = 0

  constructor() {
    this.member = new Line({
      post: batch => {
        this.posted += 1
        this.up.push(batch)
      },
      take: () => {},
      batchesMax: BATCHES_MAX,
    })
    this.leader = new Line<Command, Report>({
      post: batch => this.down.push(batch),
      take: report => this.taken.push(report),
    })
  }

  /** The leader takes what came, and the member hears of it. */
  async carry(): Promise<void> {
    while (this.up.length + this.down.length > 0) {
      for (const batch of this.up.splice(0)) this.leader.receive(batch)
      await turn()
      for (const batch of this.down.splice(0)) this.member.receive(batch)
      await turn()
    }
  }
}

const observed = (number: number): Report => ['requested', 1, 'abc', number]

test('what the other side does not take is held back, in one batch, and waits', async t => {
  const wire = new Wire()
  for (let number = 0; number < 100; number++) {
    wire.member.add(observed(number))
    await turn()
  }
  t.is(wire.up.length, BATCHES_MAX)
  t.deepEqual(wire.member.waiting('events'), { count: 100, bytes: 300 })
  await wire.carry()
  t.is(wire.posted, BATCHES_MAX + 1, 'the rest is one batch')
  t.deepEqual(
    wire.taken,
    Array.from({ length: 100 }, (_, number) => observed(number)),
  )
})

test('what is added in a turn is one message, and what acknowledges it costs none', async t => {
  const wire = new Wire()
  for (let number = 0; number < HEARD_MESSAGES; number++) wire.member.add(observed(number))
  await turn()
  t.is(wire.posted, 1)
  for (const batch of wire.up.splice(0)) wire.leader.receive(batch)
  t.is(wire.member.waiting('events').count, HEARD_MESSAGES)
  wire.leader.add(['close', 1])
  await turn()
  const heard: Heard = ['heard', 1, [['events', HEARD_MESSAGES, 3 * HEARD_MESSAGES]]]
  t.deepEqual(wire.down, [[heard, ['close', 1]]])
  await wire.carry()
  t.deepEqual(wire.member.waiting('events'), { count: 0, bytes: 0 })
})

test('a little is not acknowledged yet', async t => {
  const wire = new Wire()
  for (let number = 1; number < HEARD_MESSAGES; number++) wire.member.add(observed(number))
  await wire.carry()
  wire.leader.add(['close', 1])
  await turn()
  t.deepEqual(wire.down, [[['close', 1]]])
})

for (const [what, batches, messages, bytes] of [
  ['batches', HEARD_BATCHES, 1, 1],
  ['messages', 1, HEARD_MESSAGES, 1],
  ['bytes', 1, 1, HEARD_BYTES],
] as const) {
  test(`many ${what} are acknowledged though there is nothing else to say`, async t => {
    const wire = new Wire()
    for (let batch = 0; batch < batches; batch++) {
      for (let number = 0; number < messages; number++) {
        wire.member.add(['requested', 1, 'x'.repeat(bytes), number])
      }
      await turn()
    }
    await wire.carry()
    t.deepEqual(wire.member.waiting('events'), { count: 0, bytes: 0 })
  })
}

test('two sides that only acknowledge fall silent', async t => {
  const wire = new Wire()
  for (let number = 0; number < 1000; number++) {
    wire.member.send(observed(number))
    if (number % BATCHES_MAX === 0) await wire.carry()
  }
  await wire.carry()
  const posted = wire.posted
  for (let count = 0; count < 10; count++) await turn()
  t.is(wire.posted, posted)
  t.is(wire.up.length + wire.down.length, 0)
})

test('the last message leaves with all before it, whatever was taken', async t => {
  const wire = new Wire()
  for (let number = 0; number < 99; number++) wire.member.send(observed(number))
  t.is(wire.up.length, BATCHES_MAX)
  wire.member.finish(['stopped', { drained: 0, cut: 0 }])
  t.is(wire.up.length, BATCHES_MAX + 1)
  await wire.carry()
  t.is(wire.taken.length, 100)
})

test('an end that acknowledges what was never sent is a fault', t => {
  const wire = new Wire()
  wire.member.send(observed(1))
  t.throws(() => wire.member.receive([['heard', 1, [['events', 2, 3]]]]), { message: /events/ })
})

test('every message with text weighs it', t => {
  const text = 'x'.repeat(1000)
  const heavy: readonly (Command | Report)[] = [
    ['send', 1, 1, text],
    ['broadcast', 1, text, undefined],
    ['broadcast', 1, '', text],
    ['join', 1, 1, text],
    ['leave', 1, 1, text],
    ['set', [text, '', false]],
    ['set', ['', text, false]],
    ['delete', text],
    ['replace', [['', text, false]]],
    ['answer', 1, 1, text],
    ['asked', 1, 0, text, 1],
    ['requested', 1, text, 1],
    ['responded', 1, text, 1],
    ['failed', { code: 'x', message: text, details: {}, cause: undefined }],
  ]
  for (const message of heavy) t.true(bytesOf(message) >= text.length, message[0])
})

test('a push or a change without text weighs something, for there may be many', t => {
  for (const message of [
    ['send', 1, 1, ''],
    ['broadcast', 1, '', undefined],
    ['set', ['', '', false]],
  ] as const) {
    t.true(bytesOf(message) > 0, message[0])
  }
})
