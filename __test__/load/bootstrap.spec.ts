/** The interval of a ratio from blocks, against blocks whose truth is known. */

import test from 'ava'
import {
  blockInterval,
  expectedReach,
  middleHalfMean,
  pairedLogRatio,
} from '../../src/load/bootstrap.ts'
import { seededRandom } from '../../src/load/statistics.ts'
import { normalShareBelow, studentQuantile } from '../../src/load/student.ts'
import { normal } from './synthetic-run.ts'

test("Student's t and the normal distribution are those of the tables", t => {
  t.is(studentQuantile(0.975, 5).toFixed(4), '2.5706')
  t.is(studentQuantile(0.9995, 7).toFixed(3), '5.408')
  t.is(studentQuantile(0.995, 31).toFixed(4), '2.7440')
  t.is(normalShareBelow(-1.959964).toFixed(6), '0.025000')
})

test('the middle half is what is left without the lowest and the highest quarter', t => {
  t.is(middleHalfMean([100, 2, 4, -100]), 3)
  t.is(middleHalfMean([3, 1, 2]), 2)
  t.is(middleHalfMean([1, 2, 3, 4, 5, 6, 7, 1e9]), 4.5)
})

test('drift that both designs suffer in a round does not show in their ratio', t => {
  const drift = [1, 1.5, 0.7, 1.1]
  const a = drift.map(each => each * 6)
  const b = drift.map(each => each * 3)
  t.is(pairedLogRatio(a, b)?.toFixed(12), Math.log(2).toFixed(12))
})

test('a quarter of the rounds may be disturbed, on either side', t => {
  const b = new Array<number>(8).fill(3)
  const a = [6, 6, 6, 60, 6, 6, 6, 0.6]
  t.is(pairedLogRatio(a, b)?.toFixed(12), Math.log(2).toFixed(12))
})

test('rounds without two positive figures are passed over, and none give nothing', t => {
  t.is(pairedLogRatio([2, 0, Number.NaN], [1, 1, 1])?.toFixed(12), Math.log(2).toFixed(12))
  t.is(pairedLogRatio([2], []), undefined)
  t.is(pairedLogRatio([0], [0]), undefined)
})

test('one block has no interval', t => {
  t.throws(() => blockInterval([0.1], 0.05, 1), { instanceOf: RangeError })
})

test('blocks that agree have an interval without width', t => {
  const { estimate, low, high } = blockInterval([0.5, 0.5, 0.5], 0.05, 1)
  t.deepEqual([estimate, low, high], [0.5, 0.5, 0.5])
})

test('the same seed gives the same interval, and less error a wider one', t => {
  const blocks = [0.01, 0.02, -0.01, 0.03, 0, 0.015]
  t.deepEqual(blockInterval(blocks, 0.05, 7), blockInterval(blocks, 0.05, 7))
  const { low, high, deviation } = blockInterval(blocks, 0.05, 7)
  const wider = blockInterval(blocks, 0.005, 7)
  t.true(wider.low < low && high < wider.high)
  t.true((high - low) / 2 >= expectedReach(deviation, blocks.length, 0.05))
})

for (const blocks of [6, 8, 12, 24]) {
  test(`the interval of ${blocks} blocks holds the truth as often as it says`, t => {
    const seed = 1000 + blocks
    t.log(`seed ${seed}`)
    const random = seededRandom(seed)
    let held = 0
    for (let run = 0; run < 1000; run++) {
      const figures = Array.from({ length: blocks }, () => 0.03 + 0.02 * normal(random))
      const { low, high } = blockInterval(figures, 0.05, run)
      if (low <= 0.03 && 0.03 <= high) held++
    }
    t.true(held >= 930 && held <= 985, `${held} of 1000`)
  })
}

test('of skewed blocks the side of the tail reaches further', t => {
  const figures = [0, 0.001, 0.002, 0.001, 0, 0.001, 0.002, 0.05, 0.001, 0, 0.002, 0.06]
  const { estimate, low, high } = blockInterval(figures, 0.05, 3)
  t.true(high - estimate > estimate - low)
})
