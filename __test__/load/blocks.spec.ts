/** The order within blocks, and whether the instrument held in them. */

import test from 'ava'
import { shuffled } from '../../src/load/blocks.ts'
import { checkBlocks, isHopeless, isSound } from '../../src/load/instrument.ts'
import { seededRandom } from '../../src/load/statistics.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f']

test('a seed repeats the order, and another seed has another', t => {
  const order = (seed: number): string[] => {
    const random = seededRandom(seed)
    return Array.from({ length: 4 }, () => shuffled(NAMES, random)).flat()
  }
  t.deepEqual(order(7), order(7))
  t.notDeepEqual(order(7), order(8))
})

test('every place is as likely for everybody', t => {
  const random = seededRandom(1)
  const counts = new Map<string, number>()
  for (let round = 0; round < 6000; round++) {
    for (const [place, name] of shuffled(NAMES, random).entries()) {
      const key = `${name}${place}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }
  t.is(counts.size, NAMES.length ** 2)
  // 1,000 is expected; five deviations are 144.
  for (const [key, count] of counts) t.true(Math.abs(count - 1000) < 144, `${key}: ${count}`)
})

const RIGHT = { sendLagUs: 40, stolenShare: 0.001 }

/** Whether the checks pass of so many blocks, of which some lag and some are robbed. */
function passes(blocks: number, lagging: number, robbed: number): boolean {
  const health = Array.from({ length: blocks }, (_, index) => ({
    sendLagUs: index < lagging ? 900 : RIGHT.sendLagUs,
    stolenShare: index < robbed ? 0.3 : RIGHT.stolenShare,
  }))
  return checkBlocks(health).every(({ passed }) => passed)
}

test('a third of the blocks may be over a bound of the instrument, and no more', t => {
  t.true(passes(21, 0, 0))
  t.true(passes(21, 7, 0))
  t.false(passes(21, 8, 0))
  t.true(passes(21, 0, 7))
  t.false(passes(21, 0, 8))
  t.false(passes(1, 1, 0))
})

test('a block is sound while neither lag nor stolen time is over its bound', t => {
  t.true(isSound(RIGHT))
  t.true(isSound({ sendLagUs: 500, stolenShare: 0.05 }))
  t.false(isSound({ ...RIGHT, sendLagUs: 501 }))
  t.false(isSound({ ...RIGHT, stolenShare: 0.051 }))
})

test('it is hopeless once most blocks were disturbed, of four at least', t => {
  const bad = { ...RIGHT, stolenShare: 0.5 }
  t.false(isHopeless([]))
  t.false(isHopeless([bad, bad, bad]))
  t.true(isHopeless([bad, bad, bad, RIGHT]))
  t.false(isHopeless([bad, bad, RIGHT, RIGHT]))
})

test('without blocks there is nothing to check', t => {
  t.deepEqual(checkBlocks([]), [])
})
