/** The core against the oracle: however a stream is cut, the conversation is the same. */

import test from 'ava'
import fc from 'fast-check'
import { Connection } from '../../src/protocol/connection.ts'
import type { Answer } from '../../src/types.ts'
import { type Conversation, foretell, type Outcome } from './oracle.ts'
import { receive, shareOf } from './talk.ts'

const DELIMITERS = ['?', '\0', '\r\n', 'aa', 'aab', 'abab', 'aaaabbbbaaaabbbb']

function conversation(delimiter: string, stream: string, changes: Partial<Conversation> = {}) {
  return {
    delimiter: Buffer.from(delimiter, 'latin1'),
    requestBytesMax: 4,
    answers: new Map([
      ['x', 'X.'],
      ['', '-'],
      ['q', 'Bye.'],
      ['y\xff', `${delimiter}!`],
    ]),
    closing: new Set(['q']),
    unknownAnswer: 'no.',
    stream: Buffer.from(stream, 'latin1'),
    ...changes,
  }
}

/** The conversation as the core has it, the stream in these pieces. */
function converse(talk: Conversation, pieces: readonly Buffer[]): Outcome {
  const { delimiter, requestBytesMax, answers, closing, unknownAnswer } = talk
  const table = [...answers].map(([key, text]): [Buffer, Answer] => {
    const answer = Buffer.from(text, 'latin1')
    return [Buffer.from(key, 'latin1'), { answer, close: closing.has(key) }]
  })
  const shared = shareOf({ delimiter, requestBytesMax, answers: table, unknownAnswer })
  const requests: string[] = []
  const spied = {
    ...shared,
    answers: {
      find(request: string) {
        requests.push(request)
        return shared.answers.find(request)
      },
    },
  }
  const connection = new Connection(spied, 0)
  let out = ''
  for (const piece of pieces) {
    connection.handlePiece(piece, 0)
    out += receive(connection)
  }
  connection.handleFinished(0)
  out += receive(connection)
  if (connection.state !== 'closed' || connection.code === undefined) throw new Error('it goes on')
  return { requests, out, code: connection.code }
}

function cut(stream: Buffer, ...places: readonly number[]): Buffer[] {
  const sorted = [0, ...[...places].sort((a, b) => a - b), stream.length]
  return sorted.slice(1).map((end, index) => Buffer.from(stream.subarray(sorted[index], end)))
}

for (const delimiter of DELIMITERS) {
  const name = JSON.stringify(delimiter)
  const streams = [
    `x${delimiter}${delimiter}y\xff${delimiter}n`,
    `x${delimiter}1234${delimiter}${delimiter.slice(0, -1)}`,
    `x${delimiter}12345${delimiter}x${delimiter}`,
    `x${delimiter}1234${delimiter}123456789012345678901234`,
    `x${delimiter}q${delimiter}x${delimiter}`,
    `a${delimiter}aa${delimiter}b${delimiter}ba${delimiter}`,
  ]
  test(`a stream with delimiter ${name} cut at any two places is the same conversation`, t => {
    for (const stream of streams) {
      const talk = conversation(delimiter, stream)
      const wanted = foretell(talk)
      for (let first = 0; first <= stream.length; first++) {
        for (let second = first; second <= stream.length; second++) {
          const pieces = cut(talk.stream, first, second)
          t.deepEqual(converse(talk, pieces), wanted, `${stream} cut at ${first}, ${second}`)
        }
      }
    }
  })

  test(`a stream with delimiter ${name} in single bytes is the same conversation`, t => {
    for (const stream of streams) {
      const talk = conversation(delimiter, stream, { unknownAnswer: null })
      const places = Array.from({ length: stream.length }, (_, index) => index)
      t.deepEqual(converse(talk, cut(talk.stream, ...places)), foretell(talk), stream)
    }
  })
}

/** Streams in which delimiters, halves of them and known requests are likely. */
function streams(delimiter: string): fc.Arbitrary<string> {
  const likely = ['', 'x', 'q', 'y\xff', 'a', 'b', '\r', 'é', delimiter.slice(0, 1)]
  const part = fc.oneof(
    fc.constantFrom(delimiter, delimiter, ...likely, delimiter.slice(0, -1), delimiter.slice(1)),
    fc.uint8Array({ maxLength: 6 }).map(bytes => Buffer.from(bytes).toString('latin1')),
  )
  return fc.array(part, { maxLength: 30 }).map(parts => parts.join(''))
}

test('any stream cut anywhere is the conversation that the oracle foretells', t => {
  const anything = fc.constantFrom(...DELIMITERS).chain(delimiter =>
    fc.record({
      delimiter: fc.constant(delimiter),
      stream: streams(delimiter),
      places: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }),
      requestBytesMax: fc.integer({ min: 2, max: 20 }),
      unknownAnswer: fc.constantFrom('no.', '', null),
    }),
  )
  fc.assert(
    fc.property(anything, ({ delimiter, stream, places, requestBytesMax, unknownAnswer }) => {
      const talk = conversation(delimiter, stream, { requestBytesMax, unknownAnswer })
      const cuts = places.map(place => Math.floor(place * stream.length))
      t.deepEqual(converse(talk, cut(talk.stream, ...cuts)), foretell(talk))
    }),
    { numRuns: 3000 },
  )
  t.pass()
})
