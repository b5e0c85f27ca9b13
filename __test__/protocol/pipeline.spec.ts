/** Responses leave in the order of their requests, whatever order they are ready in. */

import test from 'ava'
import fc from 'fast-check'
import { Pipeline } from '../../src/protocol/pipeline.ts'

function taken(pipeline: Pipeline): string {
  return pipeline.take(Infinity)?.toString('latin1') ?? ''
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

test('a response waits for the one before it, and what follows it waits too', t => {
  const pipeline = new Pipeline()
  pipeline.push(bytes('a'))
  const first = pipeline.ask(0)
  pipeline.push(bytes('c'))
  const second = pipeline.ask(1)
  pipeline.push(bytes('e'))
  t.is(taken(pipeline), 'a')
  pipeline.fill(second, bytes('d'))
  t.deepEqual([taken(pipeline), pipeline.waiting, pipeline.heldBytes], ['', 1, 3])
  pipeline.fill(first, bytes('b'))
  t.deepEqual([taken(pipeline), pipeline.waiting, pipeline.heldBytes], ['bcde', 0, 0])
})

test('a request waits until it is filled, and its number is not used again', t => {
  const pipeline = new Pipeline()
  const first = pipeline.ask(5)
  t.true(pipeline.isWaiting(first))
  t.deepEqual([pipeline.oldest, pipeline.oldestMs], [first, 5])
  pipeline.fill(first, bytes('a'))
  t.false(pipeline.isWaiting(first))
  t.is(pipeline.oldest, undefined)
  t.not(pipeline.ask(6), first)
})

test('a response that closes does so at its place and drops what follows', t => {
  const pipeline = new Pipeline()
  const [first, second, third] = [pipeline.ask(0), pipeline.ask(0), pipeline.ask(0)]
  pipeline.push(bytes('after'))
  pipeline.fill(third, bytes('c'))
  pipeline.close(second, 'handler-close')
  t.deepEqual([pipeline.closed, pipeline.isClosing, pipeline.waiting], [undefined, true, 1])
  pipeline.fill(first, bytes('a'))
  t.deepEqual([pipeline.closed, taken(pipeline)], ['handler-close', 'a'])
  t.deepEqual([pipeline.heldBytes, pipeline.waiting, pipeline.isWaiting(third)], [0, 0, false])
})

test('an earlier close takes the place of a later one', t => {
  const pipeline = new Pipeline()
  const [first, second] = [pipeline.ask(0), pipeline.ask(0)]
  pipeline.close(second, 'handler-threw')
  pipeline.close(first, 'handler-timeout')
  t.is(pipeline.closed, 'handler-timeout')
})

test('output is taken in the pieces that were asked for', t => {
  const pipeline = new Pipeline()
  for (const text of ['abc', '', 'defgh', 'i']) pipeline.push(bytes(text))
  const pieces: string[] = []
  for (let piece = pipeline.take(4); piece; piece = pipeline.take(4)) {
    pieces.push(piece.toString())
  }
  t.deepEqual(pieces, ['abcd', 'efgh', 'i'])
  t.is(pipeline.readyBytes, 0)
})

test('empty responses that are held up take no room', t => {
  const pipeline = new Pipeline()
  pipeline.ask(0)
  for (let count = 0; count < 1000; count++) pipeline.fill(pipeline.ask(0), Buffer.alloc(0))
  t.deepEqual([pipeline.waiting, pipeline.heldBytes], [1, 0])
})

/** A request: its response, and after how many others it comes; undefined: at once. */
const requests = fc.array(
  fc.record({
    text: fc.string({ maxLength: 4, unit: 'binary-ascii' }),
    rank: fc.option(fc.nat(), { nil: undefined }),
  }),
  { maxLength: 60 },
)

test('any order of completion gives the order of the requests', t => {
  fc.assert(
    fc.property(requests, list => {
      const pipeline = new Pipeline()
      const waiting: { number: number; text: string; rank: number }[] = []
      for (const { text, rank } of list) {
        if (rank === undefined) pipeline.push(bytes(text))
        else waiting.push({ number: pipeline.ask(0), text, rank })
      }
      let out = taken(pipeline)
      for (const { number, text } of waiting.sort((a, b) => a.rank - b.rank)) {
        pipeline.fill(number, bytes(text))
        out += taken(pipeline)
      }
      t.is(out, list.map(({ text }) => text).join(''))
      t.deepEqual([pipeline.waiting, pipeline.heldBytes, pipeline.readyBytes], [0, 0, 0])
    }),
  )
})

test('any order of completion with a close gives what stood before it, and nothing after', t => {
  const closing = fc.record({ list: requests, at: fc.nat({ max: 59 }), rank: fc.nat() })
  fc.assert(
    fc.property(closing, ({ list, at, rank: closeRank }) => {
      const pipeline = new Pipeline()
      const place = Math.min(at, list.length)
      const waiting: { number: number; text: string | undefined; rank: number }[] = []
      const ask = (text: string | undefined, rank: number): void => {
        waiting.push({ number: pipeline.ask(0), text, rank })
      }
      const add = ({ text, rank }: { text: string; rank: number | undefined }): void => {
        if (rank === undefined) pipeline.push(bytes(text))
        else ask(text, rank)
      }
      list.slice(0, place).forEach(add)
      ask(undefined, closeRank)
      list.slice(place).forEach(add)
      for (const { number, text } of waiting.sort((a, b) => a.rank - b.rank)) {
        if (text === undefined) pipeline.close(number, 'handler-close')
        else if (pipeline.isWaiting(number)) pipeline.fill(number, bytes(text))
      }
      const wanted = list.slice(0, place).map(({ text }) => text)
      t.is(taken(pipeline), wanted.join(''))
      t.deepEqual([pipeline.closed, pipeline.waiting, pipeline.heldBytes], ['handler-close', 0, 0])
    }),
  )
})
