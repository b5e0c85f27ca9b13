/** Bytes and text become each other as Node's own decoders have it, or are refused. */

import test from 'ava'
import { decode, encode, encodeFault } from '../src/text-encoding.ts'
import { newSeed, randomOf } from './native/random.ts'

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => byte)

test('utf8 is decoded as the standard says, whatever the bytes', t => {
  const seed = newSeed()
  t.log(`SEED=${seed}`)
  const random = randomOf(seed)
  const oracle = new TextDecoder('utf-8', { ignoreBOM: true })
  // Beginnings, middles and ends of characters, right and wrong, and the byte order mark.
  const alphabet = [
    0x41, 0x80, 0xbf, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xed, 0xf0, 0x9f, 0xef, 0xbb, 0xff,
  ]
  for (let round = 0; round < 2000; round++) {
    const bytes = Uint8Array.from({ length: random(12) }, () => alphabet[random(14)] as number)
    t.is(decode(bytes, 'utf8'), oracle.decode(bytes))
  }
})

test('latin1 maps bytes and characters one to one, both ways', t => {
  const text = decode(EVERY_BYTE, 'latin1')
  t.deepEqual(
    [...text].map(character => character.charCodeAt(0)),
    [...EVERY_BYTE],
  )
  t.deepEqual([...(encode(text, 'latin1') ?? [])], [...EVERY_BYTE])
})

test('a part of a buffer is decoded, not what is around it', t => {
  const part = Buffer.from('around').subarray(2, 4)
  t.is(decode(part, 'utf8'), 'ou')
  t.is(decode(new Uint8Array(part.buffer, part.byteOffset, 2), 'latin1'), 'ou')
  t.is(decode(part, 'buffer').toString(), 'ou')
})

test('a buffer that is decoded or encoded is a copy', t => {
  const bytes = Buffer.from('mine')
  const copies = [decode(bytes, 'buffer'), encode(bytes, 'buffer'), encode(bytes, 'latin1')]
  bytes.fill(0)
  for (const copy of copies) {
    t.true(Buffer.isBuffer(copy))
    t.is(copy?.toString(), 'mine')
  }
})

test('text is sent as UTF-8, but under latin1', t => {
  t.deepEqual(encode('é€', 'utf8'), Buffer.from('é€'))
  t.deepEqual(encode('é€', 'buffer'), Buffer.from('é€'))
  t.deepEqual(encode('é', 'latin1'), Buffer.from([0xe9]))
  t.deepEqual(encode('', 'latin1'), Buffer.alloc(0))
})

for (const [wide, code] of [
  ['\u0100', '0100'],
  ['é and then €', '20AC'],
  ['\u{1f600}', '1F600'],
  ['\ud800', 'D800'],
  ['\uffff', 'FFFF'],
] as const) {
  test(`latin1 has no byte for U+${code}, and says so`, t => {
    t.is(encode(wide, 'latin1'), undefined)
    t.is(
      encodeFault(wide),
      `text with U+${code}; allowed under encoding 'latin1' is U+0000 to U+00FF`,
    )
  })
}
