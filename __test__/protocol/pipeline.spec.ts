/** Responses leave in the order of their requests, whatever order they are ready in. */

import test from 'ava'
import fc from 'fast-check'
import { Pipeline } from '../../src/protocol/pipeline.ts'

/** Numbers the requests, as a connection does. */
class NumberedPipeline extends Pipeline {
  #numbers = 0

  askNext(now = 0, requestBytes = 1): number {
    this.#numbers += 1
    this.ask(this.#numbers, now, requestBytes)
    return this.#numbers
  }
}

function taken(pipeline: Pipeline): string {
  return pipeline.take(Infinity)?.toString('latin1') ?? ''
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

test('a response waits for the one before it, and what follows it waits too', t => {
  const pipeline = new NumberedPipeline()
  pipeline.push(bytes('a'))
  const first = pipeline.askNext()
  pipeline.push(bytes('c'))
  const second = pipeline.askNext(1)
  pipeline.push(bytes('e'))
  t.is(taken(pipeline), 'a')
  pipeline.fill(second, bytes('d'))
  t.deepEqual([taken(pipeline), pipeline.waiting, pipeline.heldBytes], ['', 1, 3])
  pipeline.fill(first, bytes('b'))
  t.deepEqual([taken(pipeline), pipeline.waiting, pipeline.heldBytes], ['bcde', 0, 0])
})

test('a request waits until it is filled', t => {
  const pipeline = new NumberedPipeline()
  const first = pipeline.askNext(5)
  t.true(pipeline.isWaiting(first))
  t.deepEqual([pipeline.oldest, pipeline.oldestMs], [first, 5])
  pipeline.fill(first, bytes('a'))
  t.false(pipeline.isWaiting(first))
  t.is(pipeline.oldest, undefined)
})

test('the lengths of the requests that wait are summed, however they end', t => {
  const pipeline = new NumberedPipeline()
  const [first, second] = [pipeline.askNext(0, 10), pipeline.askNext(0, 5)]
  pipeline.askNext(0, 7)
  t.is(pipeline.waitingBytes, 22)
  pipeline.fill(first, bytes('a long response'))
  t.is(pipeline.waitingBytes, 12)
  pipeline.close(second, 'handler-close')
  t.is(pipeline.waitingBytes, 0)
  const other = new NumberedPipeline()
  other.askNext(0, 3)
  other.clear()
  t.is(other.waitingBytes, 0)
})

test('what is no response leaves after what is ready, and before what is waited for', t => {
  const pipeline = new NumberedPipeline()
  pipeline.push(bytes('a'))
  const first = pipeline.askNext()
  pipeline.push(bytes('c'))
  pipeline.interject(bytes('!'))
  t.deepEqual([taken(pipeline), pipeline.heldBytes], ['a!', 1])
  pipeline.fill(first, bytes('b'))
  pipeline.interject(bytes('?'))
  t.is(taken(pipeline), 'bc?')
})

test('what is no response stands in no response, though half of one was taken', t => {
  const pipeline = new NumberedPipeline()
  pipeline.push(bytes('abcdef'))
  t.is(pipeline.take(3)?.toString(), 'abc')
  pipeline.interject(bytes('!'))
  t.is(taken(pipeline), 'def!')
})

test('a response that closes does so at its place and drops what follows', t => {
  const pipeline = new NumberedPipeline()
  const [first, second, third] = [pipeline.askNext(), pipeline.askNext(), pipeline.askNext()]
  pipeline.push(bytes('after'))
  pipeline.fill(third, bytes('c'))
  pipeline.close(second, 'handler-close')
  t.deepEqual([pipeline.closed, pipeline.isClosing, pipeline.waiting], [undefined, true, 1])
  pipeline.fill(first, bytes('a'))
  t.deepEqual([pipeline.closed, taken(pipeline)], ['handler-close', 'a'])
  t.deepEqual([pipeline.heldBytes, pipeline.waiting, pipeline.isWaiting(third)], [0, 0, false])
})

test('an earlier close takes the place of a later one', t => {
  const pipeline = new NumberedPipeline()
  const [first, second] = [pipeline.askNext(), pipeline.askNext()]
  pipeline.close(second, 'handler-threw')
  pipeline.close(first, 'handler-timeout')
  t.is(pipeline.closed, 'handler-timeout')
})

test('output is taken in the pieces that were asked for', t => {
  const pipeline = new NumberedPipeline()
  for (const text of ['abc', '', 'defgh', 'i']) pipeline.push(bytes(text))
  const pieces: string[] = []
  for (let piece = pipeline.take(4); piece; piece = pipeline.take(4)) {
    pieces.push(piece.toString())
  }
  t.deepEqual(pieces, ['abcd', 'efgh', 'i'])
  t.is(pipeline.readyBytes, 0)
})

test('empty responses that are held up take no room', t => {
  const pipeline = new NumberedPipeline()
  pipeline.askNext()
  for (let count = 0; count < 1000; count++) pipeline.fill(pipeline.askNext(), Buffer.alloc(0))
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
      const pipeline = new NumberedPipeline()
      const waiting: { number: number; text: string; rank: number }[] = []
      for (const { text, rank } of list) {
        if (rank === undefined) pipeline.push(bytes(text))
        else waiting.push({ number: pipeline.askNext(), text, rank })
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
      const pipeline = new NumberedPipeline()
      const place = Math.min(at, list.length)
      const waiting: { number: number; text: string | undefined; rank: number }[] = []
      const ask = (text: string | undefined, rank: number): void => {
        waiting.push({ number: pipeline.askNext(), text, rank })
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

/** What happens to a pipeline, one after another. */
const happening = fc.oneof(
  fc.record({ ready: fc.string({ maxLength: 3, unit: 'binary-ascii' }) }),
  fc.constant({ asks: true }),
  fc.record({ fills: fc.nat(), with: fc.string({ maxLength: 3, unit: 'binary-ascii' }) }),
  fc.record({ interjects: fc.string({ maxLength: 3, unit: 'binary-ascii' }) }),
)

test('whatever is interjected, what leaves is what a list of places gives', t => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), happenings => {
      const pipeline = new NumberedPipeline()
      const waiting: number[] = []
      /** The oracle: what has left, and the places of responses that have not; null: waits. */
      let left = ''
      const places: (string | null)[] = []
      const numbers: (number | undefined)[] = []
      const leave = (): void => {
        while (typeof places[0] === 'string') {
          left += places.shift()
          numbers.shift()
        }
      }
      for (const what of happenings) {
        if ('ready' in what) {
          pipeline.push(bytes(what.ready))
          places.push(what.ready)
          numbers.push(undefined)
        } else if ('asks' in what) {
          waiting.push(pipeline.askNext())
          places.push(null)
          numbers.push(waiting.at(-1))
        } else if ('interjects' in what) {
          pipeline.interject(bytes(what.interjects))
          left += what.interjects
        } else if (waiting.length > 0) {
          const [number = 0] = waiting.splice(what.fills % waiting.length, 1)
          pipeline.fill(number, bytes(what.with))
          places[numbers.indexOf(number)] = what.with
        }
        leave()
        t.is(pipeline.readyBytes, left.length)
        const held = places.reduce((sum, place) => sum + (place?.length ?? 0), 0)
        t.is(pipeline.heldBytes, held)
        t.is(pipeline.waitingBytes, waiting.length)
      }
      t.is(taken(pipeline), left)
    }),
    { numRuns: 1000 },
  )
})
