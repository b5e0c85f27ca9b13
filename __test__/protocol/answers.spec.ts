/** The answer table: which keys and answers it takes, and what it finds. */

import test from 'ava'
import type { LancelotError } from '../../src/errors.ts'
import { AnswerMap } from '../../src/protocol/answers.ts'
import type { Answer, Bytes } from '../../src/types.ts'

function answerMap(
  delimiter = '?',
  limits: { requestBytesMax?: number; answerBytesMax?: number } = {},
) {
  const { requestBytesMax = 100, answerBytesMax = 100 } = limits
  return new AnswerMap({
    ...{ delimiter: Buffer.from(delimiter), answerSuffix: Buffer.from('!') },
    ...{ requestBytesMax, answerBytesMax },
  })
}

function code(change: () => unknown): string {
  try {
    change()
    return 'taken'
  } catch (error) {
    return (error as LancelotError).code
  }
}

function textOf(table: AnswerMap, key: Bytes): string | undefined {
  return table.get(key)?.bytes.toString()
}

test('a key with its delimiter and one without are the same, and the last written wins', t => {
  const table = answerMap()
  table.set('a?', '1')
  t.deepEqual([textOf(table, 'a'), textOf(table, Buffer.from('a?'))], ['1', '1'])
  table.set('a', '2')
  t.deepEqual([table.size, textOf(table, 'a?')], [1, '2'])
  t.true(table.delete('a?'))
  t.false(table.delete('a'))
})

test('only one delimiter is taken off a key', t => {
  t.is(
    code(() => answerMap().set('a??', '1')),
    'ERR_LANCELOT_ANSWER_KEY',
  )
  const table = answerMap()
  table.set('?', 'empty')
  t.is(textOf(table, ''), 'empty')
})

test('a key that can never match is refused when set, and not there when asked for', t => {
  const refused: [string, Bytes][] = [
    ['?', 'a?b'],
    ['?', '?a'],
    ['?', 'x'.repeat(101)],
    ['aa', 'xa'],
    ['aa', 'aaa'],
    ['aba', 'ab'],
    ['aba', 'abaaba'],
    ['\r\n', '\r\na'],
  ]
  for (const [delimiter, key] of refused) {
    const table = answerMap(delimiter)
    t.is(
      code(() => table.set(key, '1')),
      'ERR_LANCELOT_ANSWER_KEY',
      `${delimiter} in ${key}`,
    )
    t.is(table.get(key), undefined)
    t.false(table.delete(key))
  }
  const taken: [string, Bytes][] = [
    ['?', 'x'.repeat(100)],
    ['?', `${'x'.repeat(100)}?`],
    ['aa', 'ax'],
    ['aa', 'axaa'],
    ['\r\n', 'a\r'],
    ['\r\n', '\n\r\n'],
  ]
  for (const [delimiter, key] of taken) {
    t.is(
      code(() => answerMap(delimiter).set(key, '1')),
      'taken',
      `${delimiter} in ${key}`,
    )
  }
})

test('keys are bytes: none is lost in decoding', t => {
  const table = answerMap()
  table.set(Buffer.from([0xff]), 'ff')
  table.set(Buffer.from([0xfe]), 'fe')
  table.set('é', 'text')
  t.is(table.size, 3)
  t.is(textOf(table, Buffer.from([0xfe])), 'fe')
  t.is(textOf(table, Buffer.from('é')), 'text')
  t.is(table.find('\xc3\xa9')?.wire.toString(), 'text!')
})

test('a key that is an ordinary name of an object is a key like any other', t => {
  const table = answerMap()
  t.is(table.get('__proto__'), undefined)
  table.replace(JSON.parse('{"__proto__": "p", "constructor": "c"}'))
  t.deepEqual([textOf(table, '__proto__'), textOf(table, 'constructor')], ['p', 'c'])
  t.is(table.get('toString'), undefined)
})

test('an answer may close, and is kept without the suffix', t => {
  const table = answerMap()
  table.set('a', { answer: 'bye', close: true })
  table.set('b', { answer: Buffer.from('stay') })
  t.deepEqual(
    [table.get('a'), table.get('b')].map(answer => [answer?.bytes.toString(), answer?.close]),
    [
      ['bye', true],
      ['stay', false],
    ],
  )
})

test('an answer that is none is refused, and names the key', t => {
  const wrong: unknown[] = [
    ...[1, null, undefined, [], {}, { close: true }, { answer: 1 }],
    ...[{ answer: 'a', close: 1 }, { answer: 'a', closed: true }, 'x'.repeat(101)],
  ]
  for (const answer of wrong) {
    const error = t.throws(() => answerMap().set('key', answer as Answer)) as LancelotError
    t.is(error.code, 'ERR_LANCELOT_ANSWER_VALUE')
    t.regex(error.message, /"key"/)
  }
})

test('a key that is neither text nor bytes is refused', t => {
  t.is(
    code(() => answerMap().set(1 as unknown as Bytes, '1')),
    'ERR_LANCELOT_ANSWER_KEY',
  )
})

test('a table may be an object, a Map or pairs', t => {
  for (const entries of [{ a: '1' }, new Map([['a', '1']]), [['a?', '1']] as const]) {
    const table = answerMap()
    table.replace(entries)
    t.is(textOf(table, 'a'), '1')
  }
  const notPairs = [['a'], ['ab'], 'ab', [['a', '1', '2']]] as unknown as [Bytes, Answer][][]
  for (const entries of notPairs) {
    t.is(
      code(() => answerMap().replace(entries)),
      'ERR_LANCELOT_OPTION_TYPE',
    )
  }
})

test('a table is replaced whole or not at all', t => {
  const table = answerMap()
  table.set('old', '1')
  t.is(
    code(() =>
      table.replace([
        ['new', '2'],
        ['a?b', '3'],
      ]),
    ),
    'ERR_LANCELOT_ANSWER_KEY',
  )
  t.deepEqual([table.size, textOf(table, 'old')], [1, '1'])
  table.replace({ new: '2' })
  t.deepEqual([table.size, textOf(table, 'old'), textOf(table, 'new')], [1, undefined, '2'])
})

test('entries come without their delimiter, byte for byte', t => {
  const table = answerMap()
  table.set(Buffer.from([0xff, 0x3f]), '1')
  const entries = [...table.entries()].map(([key, { bytes }]) => [key.toString('hex'), `${bytes}`])
  t.deepEqual(entries, [['ff', '1']])
})

test('bytes that are changed afterwards change no answer', t => {
  const table = answerMap()
  const bytes = Buffer.from('abc')
  table.set('a', bytes)
  bytes.fill('x')
  t.is(textOf(table, 'a'), 'abc')
})
