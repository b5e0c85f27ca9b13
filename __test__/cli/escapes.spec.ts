/** Escapes: what people type, and the bytes that it stands for. */

import { deepStrictEqual } from 'node:assert/strict'
import test from 'ava'
import fc from 'fast-check'
import { parseEscapes, showEscapes } from '../../src/cli/escapes.ts'

for (const [text, bytes] of [
  ['', []],
  ['?', [63]],
  ['\\r\\n', [13, 10]],
  ['\\t\\0', [9, 0]],
  ['\\\\n', [92, 110]],
  ['\\x00\\xff\\xFFa', [0, 255, 255, 97]],
  ['a\\x41b', [97, 65, 98]],
  ['é', [0xc3, 0xa9]],
  ['é\\xe9', [0xc3, 0xa9, 0xe9]],
] as const) {
  test(`${JSON.stringify(text)} is ${bytes.length} bytes`, t => {
    t.deepEqual([...parseEscapes(text)], [...bytes])
  })
}

for (const text of ['\\q', '\\', 'a\\xg0', '\\x1', '\\é']) {
  test(`${JSON.stringify(text)} is no escape`, t => {
    t.throws(() => parseEscapes(text), { message: /is no escape; allowed are/ })
  })
}

test('bytes that are shown can be read back', t => {
  fc.assert(
    fc.property(fc.uint8Array(), bytes => {
      deepStrictEqual(new Uint8Array(parseEscapes(showEscapes(bytes))), bytes)
    }),
  )
  t.pass()
})
