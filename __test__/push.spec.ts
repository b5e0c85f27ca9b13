/** What may be sent outside a response, and which names a group may have. */

import test from 'ava'
import type { HandlerSettings } from '../src/ask-handler.ts'
import { describe } from '../src/option-table.ts'
import { parseGroup, parsePush } from '../src/push.ts'

const SETTINGS: HandlerSettings = { answerBytesMax: 4, encoding: 'utf8' }
const CODE = 'ERR_LANCELOT_ARGUMENT'

test('text and bytes may be sent, up to the longest answer', t => {
  t.is(parsePush('four', SETTINGS).toString(), 'four')
  t.is(parsePush('', SETTINGS).length, 0)
  t.deepEqual(parsePush(new Uint8Array([0, 255]), SETTINGS), Buffer.from([0, 255]))
  t.is(parsePush('éé', SETTINGS).length, 4)
  t.deepEqual(parsePush('éé', { ...SETTINGS, encoding: 'latin1' }), Buffer.from([0xe9, 0xe9]))
})

test('what is sent is a copy', t => {
  const mine = Buffer.from('mine')
  const push = parsePush(mine, SETTINGS)
  mine.fill(0)
  t.is(push.toString(), 'mine')
})

for (const [bytes, encoding, message] of [
  [undefined, 'utf8', /argument bytes is undefined; allowed is text or bytes/],
  [null, 'utf8', /argument bytes is null; allowed is text or bytes/],
  [1, 'utf8', /argument bytes is 1 \(number\); allowed is text or bytes/],
  [[1], 'utf8', /argument bytes is an array; allowed is text or bytes/],
  [new ArrayBuffer(1), 'utf8', /argument bytes is an object; allowed is text or bytes/],
  ['fives', 'utf8', /argument bytes is 5 bytes; allowed is at most answerBytesMax \(4\)/],
  ['ééé', 'utf8', /argument bytes is 6 bytes; allowed is at most answerBytesMax \(4\)/],
  ['€', 'latin1', /argument bytes is text with U\+20AC; allowed under encoding 'latin1' is/],
] as const) {
  test(`${describe(bytes)} may not be sent under ${encoding}, of at most 4 bytes`, t => {
    t.throws(() => parsePush(bytes, { ...SETTINGS, encoding }), { code: CODE, message })
  })
}

test('a group is named by 1 to 255 bytes of text', t => {
  for (const group of ['g', ' ', '\0', 'x'.repeat(255), 'é'.repeat(127)]) {
    t.is(parseGroup(group), group)
  }
  const allowed = 'allowed is text of 1 to 255 bytes'
  for (const [group, came] of [
    ['', '0 bytes'],
    ['x'.repeat(256), '256 bytes'],
    ['é'.repeat(128), '256 bytes'],
    [undefined, 'undefined'],
    [1, '1 (number)'],
    [Buffer.from('g'), 'an object'],
  ]) {
    const message = `argument group is ${came}; ${allowed}`
    t.throws(() => parseGroup(group), { code: CODE, message })
  }
})

test('a name that UTF-8 cannot hold is the one that it becomes, for all engines', t => {
  t.is(parseGroup('half \ud800'), 'half \ufffd')
})
