/** The statistics against data whose answers are known. */

import test from 'ava'
import fc from 'fast-check'
import {
  lowerQuartile,
  median,
  quantile,
  ratioOfLowerQuartiles,
  ratioOfMedians,
  seededRandom,
} from '../../src/load/statistics.ts'

test('a quantile of known data is the known value', t => {
  t.is(median([3, 1, 2]), 2)
  t.is(median([4, 1, 3, 2]), 2.5)
  t.is(lowerQuartile([5, 1, 4, 2, 3]), 2)
  t.is(lowerQuartile([1, 2]), 1.25)
  t.is(quantile([7], 0.99), 7)
})

test('a quantile leaves its data in the order it came in', t => {
  const values = [3, 1, 2]
  median(values)
  t.deepEqual(values, [3, 1, 2])
})

test('a quantile of nothing is refused', t => {
  t.throws(() => median([]), { instanceOf: RangeError })
})

test('a quantile lies between the least and the greatest value', t => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 })
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (each, q) => {
      const found = quantile(each, q)
      return found >= Math.min(...each) && found <= Math.max(...each)
    }),
  )
  t.pass()
})

test('a seed repeats its numbers, and another seed gives others', t => {
  const take = (seed: number): number[] => Array.from({ length: 5 }, seededRandom(seed))
  t.deepEqual(take(1), take(1))
  t.notDeepEqual(take(1), take(2))
})

test('random numbers cover the unit interval evenly', t => {
  const random = seededRandom(3)
  const tenths = new Array<number>(10).fill(0)
  for (let i = 0; i < 10_000; i++) {
    const value = random()
    t.true(value >= 0 && value < 1)
    const tenth = Math.floor(value * 10)
    tenths[tenth] = (tenths[tenth] ?? 0) + 1
  }
  for (const count of tenths) t.true(count > 850 && count < 1150, `${tenths}`)
})

/** 23 slices around a centre, with noise that only adds. */
function slices(centre: number, seed: number): number[] {
  const random = seededRandom(seed)
  return Array.from({ length: 23 }, () => centre * (1 + 0.1 * random() ** 2))
}

test('the interval of a ratio holds the true one, and tells 30 % apart', t => {
  const { ratio, low, high } = ratioOfLowerQuartiles(slices(13, 1), slices(10, 2), seededRandom(4))
  t.true(low <= ratio && ratio <= high)
  t.true(low < 1.3 && 1.3 < high, `${low} to ${high}`)
  t.true(low > 1.2 && high < 1.4, `${low} to ${high}`)
})

test('a server against itself has 1 in its interval', t => {
  const { low, high } = ratioOfLowerQuartiles(slices(10, 5), slices(10, 6), seededRandom(7))
  t.true(low <= 1 && 1 <= high, `${low} to ${high}`)
})

test('a series against itself, round by round, is exactly 1', t => {
  const values = slices(10, 8)
  t.deepEqual(ratioOfLowerQuartiles(values, values, seededRandom(9)), { ratio: 1, low: 1, high: 1 })
})

test('the same seed gives the same interval', t => {
  const of = (seed: number): unknown =>
    ratioOfLowerQuartiles(slices(13, 1), slices(10, 2), seededRandom(seed))
  t.deepEqual(of(1), of(1))
  t.notDeepEqual(of(1), of(2))
})

test('medians are compared by their middle, whatever the ends are', t => {
  const { ratio, low, high } = ratioOfMedians([1, 4, 900], [2, 2, 2], seededRandom(10))
  t.deepEqual([ratio, low, high], [2, 0.5, 450])
})

test('series of different rounds are refused', t => {
  t.throws(() => ratioOfLowerQuartiles([1], [1, 2], seededRandom(1)), { instanceOf: RangeError })
})
