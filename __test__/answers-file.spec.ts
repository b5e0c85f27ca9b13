/** The answers file: what it may hold, and how its faults are told. */

import { ok, strictEqual } from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { readAnswers } from '../src/answers-file.ts'
import { findJsonFault, positionOf } from '../src/json-fault.ts'
import { tablePairs } from '../src/protocol/answers.ts'
import type { AnswerTable } from '../src/types.ts'

async function readFrom(t: ExecutionContext, content: string | Buffer): Promise<AnswerTable> {
  const folder = await mkdtemp(join(tmpdir(), 'lancelot-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'answers.json')
  await writeFile(path, content)
  return readAnswers(path)
}

async function complaint(t: ExecutionContext, content: string | Buffer): Promise<string> {
  const error = await t.throwsAsync(readFrom(t, content), { code: 'ERR_LANCELOT_ANSWERS_FILE' })
  t.regex(error?.message ?? '', /answers\.json/)
  return error?.message ?? ''
}

test('a file holds answers as text and answers marked to close', async t => {
  const table = { 'a?': 'Alpha.', quit: { answer: 'Bye.', close: true }, b: { answer: '' } }
  t.deepEqual(await readFrom(t, JSON.stringify(table)), table)
})

test('a byte order mark is skipped', async t => {
  t.deepEqual(await readFrom(t, '\uFEFF{"a": "Alpha."}'), { a: 'Alpha.' })
})

test('names that objects inherit are ordinary keys', async t => {
  const table = await readFrom(t, '{"__proto__": "Own.", "constructor": "Also own."}')
  t.deepEqual(
    [...tablePairs(table)],
    [
      ['__proto__', 'Own.'],
      ['constructor', 'Also own.'],
    ],
  )
})

test('a million answers can be read', async t => {
  const lines = Array.from({ length: 1_000_000 }, (_, index) => `"${index}?":"${index * 2}."`)
  const table = (await readFrom(t, `{${lines.join(',\n')}}`)) as Record<string, string>
  t.is(Object.keys(table).length, 1_000_000)
  t.is(table['999999?'], '1999998.')
})

test('a fault in a file of a million lines is found', async t => {
  const lines = Array.from({ length: 1_000_000 }, (_, index) => `"${index}?":"${index * 2}."`)
  lines[700_000] = '"x": y'
  t.regex(await complaint(t, `{${lines.join(',\n')}}`), /line 700001, column 6: "y"/)
})

test('a file that is not there is named', async t => {
  const path = join(tmpdir(), 'lancelot-no-such-folder', 'answers.json')
  const error = await t.throwsAsync(readAnswers(path), { code: 'ERR_LANCELOT_ANSWERS_FILE' })
  t.true(error?.message.includes(path))
  t.regex(error?.message ?? '', /no such file/)
})

for (const [content, place] of [
  ['', 'line 1, column 1: the end of the file'],
  ['{', 'line 1, column 2: the end of the file'],
  ['{"a": "b"', 'line 1, column 10: the end of the file'],
  ['{a: "b"}', 'line 1, column 2: "a"'],
  ['{\n  "a": b\n}', 'line 2, column 8: "b"'],
  ['{\n  "a": "b",\n}', 'line 3, column 1: "}"'],
  ['{"a": "b" "c": "d"}', 'line 1, column 11: "\\"'],
  ['{"a": "b\nc"}', 'line 1, column 9: "\\n"'],
  ['{"a": "\\q"}', 'line 1, column 8: "\\\\"'],
  ['{"a": "b"} c', 'line 1, column 12: "c"'],
  ['{"é€😀": "b", c}', 'line 1, column 15: "c"'],
  ['{"a": [1 2]}', 'line 1, column 10: "2"'],
  ['\uFEFF{"a": b}', 'line 1, column 7: "b"'],
] as const) {
  test(`malformed JSON is told by its place: ${JSON.stringify(content)}`, async t => {
    const message = await complaint(t, content)
    t.true(message.includes(place), message)
  })
}

for (const [content, says] of [
  ['[]', 'holds a list'],
  ['null', 'holds null'],
  ['"a"', 'holds a string'],
  ['{"a": 1}', 'the answer to "a" is a number'],
  ['{"b": "", "a": null}', 'the answer to "a" is null'],
  ['{"a": ["x"]}', 'the answer to "a" is a list'],
  ['{"a": {}}', 'the answer to "a" has no text'],
  ['{"a": {"answer": 1}}', 'the answer to "a" has no text'],
  ['{"a": {"answer": "", "close": 1}}', 'the answer to "a" has a number as its "close"'],
  ['{"a": {"answer": "", "clsoe": true}}', 'has a field "clsoe"'],
] as const) {
  test(`an answer of the wrong shape is told by its key: ${content}`, async t => {
    const message = await complaint(t, content)
    t.true(message.includes(says), message)
  })
}

test('bytes that are no UTF-8 are told by their place', async t => {
  const content = [Buffer.from('{\n "é": "'), Buffer.from([0xff]), Buffer.from('"}')]
  t.regex(await complaint(t, Buffer.concat(content)), /line 2, column 8: this is not UTF-8/)
})

test('a scan finds a fault exactly where JSON.parse finds one', t => {
  const parses = (text: string): boolean => {
    try {
      JSON.parse(text)
      return true
    } catch {
      return false
    }
  }
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"',
    '\\u00e9',
    '1',
    '-',
    '0.5e3',
    'null',
    ' ',
  ]
  const arbitrary = fc.array(fc.constantFrom(...pieces), { maxLength: 12 })
  fc.assert(
    fc.property(arbitrary, parts => {
      const text = parts.join('')
      if (parses(text)) return
      const index = findJsonFault(text)
      // What stands before the fault can still become JSON; with the fault it cannot.
      ok(index <= text.length)
      const before = text.slice(0, index)
      strictEqual(findJsonFault(before), before.length)
    }),
    { numRuns: 2000 },
  )
  t.pass()
})

test('a scan of JSON reaches its end', t => {
  fc.assert(
    fc.property(fc.json(), text => {
      strictEqual(findJsonFault(text), text.length)
    }),
  )
  t.pass()
})

test('lines and columns count from one', t => {
  t.deepEqual(positionOf('ab\ncd', 0), { line: 1, column: 1 })
  t.deepEqual(positionOf('ab\ncd', 2), { line: 1, column: 3 })
  t.deepEqual(positionOf('ab\ncd', 3), { line: 2, column: 1 })
})
