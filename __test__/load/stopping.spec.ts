/** When a comparison looks at its verdicts, how sure each look is, and when it ends. */

import test from 'ava'
import { alphaAt, looksOf } from '../../src/load/looks.ts'
import type { BlockValues } from '../../src/load/run-file.ts'
import { nextStep } from '../../src/load/stopping.ts'
import { deriveVerdicts } from '../../src/load/verdicts.ts'
import { runWith, settingsWith, valuesWith } from './synthetic-run.ts'

test('looks grow by the root of two, from the least blocks to the most', t => {
  t.deepEqual(looksOf(settingsWith({ blocksMin: 6, blocksMax: 32 })), [6, 8, 12, 17, 24, 32])
  t.deepEqual(looksOf(settingsWith({ blocksMin: 1, blocksMax: 3 })), [1, 2, 3])
  t.deepEqual(looksOf(settingsWith({ blocksMin: 4, blocksMax: 4 })), [4])
  t.deepEqual(looksOf(settingsWith({ blocksMin: 9, blocksMax: 4 })), [4])
})

test('wherever a comparison ends, no more error was spent than is allowed', t => {
  const settings = settingsWith({ blocksMin: 6, blocksMax: 32 })
  const looks = looksOf(settings)
  for (let end = 2; end <= 32; end++) {
    const earlier = looks.filter(look => look < end)
    const spent = [...earlier, end].map(look => alphaAt(look, 15, settings))
    const sum = 15 * spent.reduce((total, alpha) => total + alpha, 0)
    t.true(sum <= 0.05 + 1e-12, `${end} blocks: ${sum}`)
    t.true(sum > 0, `${end} blocks`)
  }
})

test('an end for want of time leaves all that was not spent to the last look', t => {
  const settings = settingsWith({ blocksMin: 6, blocksMax: 32 })
  t.is(alphaAt(5, 1, settings).toFixed(6), '0.050000')
  t.is(alphaAt(6, 1, settings).toFixed(6), (0.05 / 6).toFixed(6))
  t.is(alphaAt(10, 1, settings).toFixed(6), ((0.05 * 4) / 6).toFixed(6))
})

/** Blocks of ten seconds, in which `a` costs `ratio` times as much as `b`. */
function blocks(count: number, ratio: number, scatter: number): Record<string, BlockValues>[] {
  return Array.from({ length: count }, (_, block) => {
    const each = 1 + (block % 2 === 0 ? scatter : -scatter)
    return {
      a: valuesWith({ cpuPerRequestUs: [ratio * each], p99Us: [each] }),
      b: valuesWith({ cpuPerRequestUs: [1], p99Us: [1] }),
    }
  })
}

test('a difference that is plain ends the comparison at the first look, and not before', t => {
  const settings = settingsWith()
  const step = (count: number): boolean =>
    nextStep(runWith(blocks(count, 2, 0.01), settings), 0, ['cpuPerRequest']).stop
  t.deepEqual([0, 1, 5, 6].map(step), [false, false, false, true])
})

test('a difference within the margins is looked at again, for it may prove to be none', t => {
  const small = runWith(blocks(6, 1.015, 0.006))
  t.is(deriveVerdicts(small).verdicts[0]?.verdict, 'slower')
  t.false(nextStep(small, 0, ['cpuPerRequest']).stop)
  t.true(nextStep(runWith(blocks(6, 1.03, 0.006)), 0, ['cpuPerRequest']).stop)
})

test('between looks nothing is decided', t => {
  t.false(nextStep(runWith(blocks(7, 2, 0.01)), 0, ['cpuPerRequest']).stop)
})

test('only the metrics that are asked for are waited for', t => {
  const run = runWith(blocks(6, 2, 0.1))
  t.true(nextStep(run, 0, ['cpuPerRequest']).stop)
  const { stop, reason } = nextStep(run, 0)
  t.false(stop)
  t.is(reason, '1 of 2 verdicts are open after 6 blocks')
})

test('a block that would pass the time is not begun', t => {
  const run = runWith(blocks(3, 1, 0.1), settingsWith({ minutesMax: 1 }))
  t.false(nextStep(run, 50_000).stop)
  t.deepEqual(nextStep(run, 50_001), {
    stop: true,
    reason: 'another block would pass the limit of 1 min',
  })
})

test('one block decides nothing, though the first look may be after it', t => {
  const run = runWith(blocks(1, 2, 0.01), settingsWith({ blocksMin: 1 }))
  t.deepEqual(nextStep(run, 0), { stop: false, reason: 'block 2' })
})

test('the most blocks are the end, decided or not', t => {
  const settings = settingsWith({ blocksMax: 8 })
  t.deepEqual(nextStep(runWith(blocks(8, 1, 0.1), settings), 0), {
    stop: true,
    reason: 'all 8 blocks are measured',
  })
})

test('what no time would tell is not waited for', t => {
  const bound = blocks(6, 2, 0.01).map(({ a, b }) => ({
    a: { ...valuesWith(a ?? {}), capacity: 10, capacityIsGenerators: true },
    b: { ...valuesWith(b ?? {}), capacity: 10, capacityIsGenerators: true },
  }))
  t.true(nextStep(runWith(bound), 0, ['cpuPerRequest', 'capacity']).stop)
})

test('a comparison that can give no verdict ends at its first look, with the reason', t => {
  const check = { name: 'noise', expected: '', measured: 9, bound: 1, unit: '%', passed: false }
  const run = { ...runWith(blocks(6, 2, 0.01)), instrument: [check] }
  const { stop, reason } = nextStep(run, 0)
  t.true(stop)
  t.regex(reason, /noise: 9, bound 1 %/)
})
