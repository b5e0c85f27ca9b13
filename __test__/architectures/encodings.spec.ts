/**
 * Whatever bytes come, in whatever pieces, and however often: the handler sees what Node's own
 * decoder makes of them, and what it answers is written as that encoding writes it.
 */

import test from 'ava'
import type { Decoded, Encoding, Handler } from '../../src/types.ts'
import { newSeed, type Random, randomOf } from '../native/random.ts'
import { SocketClient } from '../socket-client.ts'
import { ENGINES, start } from './engines.ts'

const ROUNDS = 12
const REQUESTS = 150
const PIECE_BYTES_MAX = 200
const ENCODINGS: readonly Encoding[] = ['utf8', 'latin1', 'buffer']

/** Valid, cut and impossible sequences, and plain text. None holds the delimiter. */
const BITS = [
  'a',
  'What is your quest',
  '\x00',
  '\x7f',
  'é',
  'ÿ',
  '€',
  '\u{1f409}',
  '\xff\xfe',
  '\xc3',
  '\xe2\x82',
  '\xf0\x9f\x90',
  '\xed\xa0\x80',
  '\xc0\xaf',
  '\xef\xbb\xbf',
]

function randomRequest(random: Random): Buffer {
  const bits = Array.from({ length: random(5) }, () => BITS[random(BITS.length)] as string)
  // Half of them as the bytes of their text, half as the bytes that are written there.
  return Buffer.concat(bits.map(bit => Buffer.from(bit, random(2) === 0 ? 'utf8' : 'latin1')))
}

/** What the standard decoder makes of bytes: the oracle. */
function decoded(bytes: Buffer, encoding: Encoding): Decoded {
  if (encoding === 'buffer') return bytes
  if (encoding === 'latin1') return String.fromCharCode(...bytes)
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}

/** What an echo gives back. */
function echoed(bytes: Buffer, encoding: Encoding): Buffer {
  return encoding === 'utf8' ? Buffer.from(decoded(bytes, 'utf8') as string) : bytes
}

function randomPieces(stream: Buffer, random: Random): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < stream.length; ) {
    const end = at + 1 + random(PIECE_BYTES_MAX)
    pieces.push(stream.subarray(at, end))
    at = end
  }
  return pieces
}

/** An echo that keeps what it saw, and answers now or later. */
function echo(seen: Decoded[], random: Random): Handler<Encoding> {
  return request => {
    seen.push(request)
    return random(4) === 0 ? Promise.resolve(request) : request
  }
}

for (const engine of ENGINES) {
  for (const encoding of ENCODINGS) {
    test(`${engine}: any bytes are seen and echoed as ${encoding}`, async t => {
      const seed = newSeed()
      t.log(`SEED=${seed}`)
      const random = randomOf(seed)
      const seen: Decoded[] = []
      const handler = echo(seen, random) as Handler<typeof encoding>
      const server = await start(t, engine, { encoding, answers: {}, delimiter: '\n', handler })
      // A few come again and again, so that some cross as numbers; most come once.
      const known = Array.from({ length: 20 }, () => randomRequest(random))
      for (let round = 0; round < ROUNDS; round++) {
        const requests = Array.from({ length: REQUESTS }, () => {
          return random(2) === 0 ? (known[random(20)] as Buffer) : randomRequest(random)
        })
        seen.length = 0
        const client = await SocketClient.open(server.address)
        const stream = Buffer.concat(requests.flatMap(request => [request, Buffer.from('\n')]))
        for (const piece of randomPieces(stream, random)) client.socket.write(piece)
        const wanted = Buffer.concat(requests.map(request => echoed(request, encoding)))
        await client.expect(wanted.toString('latin1'))
        t.deepEqual(
          seen.map(request => Buffer.from(request as string, 'utf8').toString('hex')),
          requests.map(request => {
            return Buffer.from(decoded(request, encoding) as string, 'utf8').toString('hex')
          }),
        )
        await client.finish()
      }
    })
  }
}
