/** What the border's runs make of their arguments and of what servers report. */

import test from 'ava'
import { parseBorderRows } from '../../bench/border.ts'
import { unaccounted } from '../../bench/border-events.ts'
import { describeBun } from '../../bench/bun.ts'

test('rows are named with commas between them, in any order', t => {
  t.deepEqual(parseBorderRows('events, handler'), ['events', 'handler'])
})

test('a row that is not there is refused, with those that are', t => {
  t.throws(() => parseBorderRows('handler,sleeping'), {
    code: 'BAD_ARGUMENT',
    message: /'sleeping'.*handler, async, events, sleep, memory, broadcast, crossing/,
  })
})

test('an event that is nowhere is missed, and one that came twice as well', t => {
  t.is(unaccounted({ delivered: 90, dropped: 10, produced: 100 }), 0)
  t.is(unaccounted({ delivered: 90, dropped: 9, produced: 100 }), 1)
  t.is(unaccounted({ delivered: 91, dropped: 10, produced: 100 }), 1)
})

test('Bun is named by its version, or left out with the reason', t => {
  t.is(describeBun('1.4.5'), 'Bun 1.4.5')
  t.regex(describeBun(undefined), /left out.*Install/)
})
