/** What plots are made of: places of labels, ticks, percentiles, ranks, and text of figures. */

import test from 'ava'
import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js'
import { interval, micros, percent, ratio } from '../../src/load/report/numbers.ts'
import { shorten, spread } from '../../src/load/report/plot.ts'
import { type Axis, makeScale } from '../../src/load/report/scales.ts'
import { seriesClass } from '../../src/load/report/series.ts'
import { percentilePoints } from '../../src/load/report/spectrum.ts'
import { compare, standingsOf } from '../../src/load/report/standings.ts'
import { makeRun } from './report-run.ts'

const run = makeRun()
const axis = (kind: Axis['kind']): Axis => ({ label: '', kind, tick: String })

test('labels never overlap, keep their order, and stay within the plot', t => {
  let state = 7
  const random = (): number => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  for (let round = 0; round < 200; round++) {
    const wanted = Array.from({ length: 1 + Math.floor(random() * 18) }, () => 30 + random() * 270)
    const places = spread(wanted, 30, 300)
    const order = wanted
      .map((_, index) => index)
      .sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0))
    for (const [at, index] of order.entries()) {
      const above = at === 0 ? -100 : (places[order[at - 1] ?? 0] ?? 0)
      t.true((places[index] ?? 0) - above >= 14.999)
      t.true((places[index] ?? 0) >= 29.999 && (places[index] ?? 0) <= 300.001)
    }
  }
})

test('a label that has room stays where its line ends', t => {
  t.deepEqual(spread([50, 200, 120], 30, 300), [50, 200, 120])
})

test('a linear y begins at 0, and ticks lie within the scale', t => {
  const { at, ticks } = makeScale(axis('linear'), [40, 95], 'y', [300, 30])
  t.is(at(0), 300)
  t.true(at(95) >= 30)
  t.is(ticks[0], 0)
  for (const tick of ticks) t.true(at(tick) >= 30 && at(tick) <= 300)
})

test('a log scale has room for every value, and ticks that people know', t => {
  for (const values of [[3, 4], [1, 1000], [0.02, 70_000], [5], [0, 7]]) {
    const { at, ticks } = makeScale(axis('log'), values, 'y', [300, 30])
    for (const value of values) t.true(at(value) <= 300.001 && at(value) >= 29.999, `${value}`)
    for (const tick of ticks) t.regex(tick.toExponential(), /^[125]e/)
    t.true(ticks.length >= 1 && ticks.length <= 12)
  }
})

test('percentiles are those of the values that were recorded', t => {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 6e10,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 64,
  })
  for (let value = 1; value <= 1000; value++) histogram.recordValue(value * 1000)
  const points = percentilePoints(encodeIntoCompressedBase64(histogram), 'here')
  t.is(points.length, 19)
  t.is(Math.round(points.at(-1)?.x ?? 0), 1000)
  for (const { x, y } of points) {
    // Of 1, 2, ... 1,000 us the one at 1 - 1/x; three digits count.
    const expected = Math.max(1, Math.ceil(1000 * (1 - 1 / x)))
    t.true(Math.abs(y - expected) <= 1 + expected * 0.002, `${x}: ${y}, ${expected}`)
  }
})

test('a rank is one more than the number of those that are surely better', t => {
  for (const { name, rank } of standingsOf(run, 'cpuPerRequest')) {
    const better = run.verdicts.filter(
      ({ metric, a, b, verdict }) =>
        metric === 'cpuPerRequest' &&
        ((b === name && verdict === 'faster') || (a === name && verdict === 'slower')),
    )
    t.is(rank, better.length + 1, name)
  }
})

test('a verdict reads the same from either side', t => {
  for (const verdict of run.verdicts) {
    const same = run.verdicts.filter(({ metric }) => metric === verdict.metric)
    const turned = compare(same, verdict.b, verdict.a)
    t.is(turned?.ratio, 1 / verdict.ratio)
    t.is(turned?.low, 1 / verdict.high)
    const words = { faster: 'slower', slower: 'faster' } as Record<string, string>
    t.is(turned?.verdict as string, words[verdict.verdict] ?? verdict.verdict)
  }
})

test('the first eight designs have a colour each, and the next eight another dash', t => {
  const looks = Array.from({ length: 24 }, (_, index) => seriesClass(index))
  t.is(new Set(looks).size, 24)
})

test('figures are written with their unit and three digits', t => {
  t.deepEqual([0.5, 12.34, 999, 1234, 2_500_000].map(micros), [
    '0.500 µs',
    '12.3 µs',
    '999 µs',
    '1.23 ms',
    '2.50 s',
  ])
  t.deepEqual([1e-6, 0.0312, 0.311, 1.0051, 3.456, 10.74, 1234, 1e6].map(ratio), [
    '0',
    '0.031',
    '0.31',
    '1.005',
    '3.46',
    '10.7',
    '1,234',
    '∞',
  ])
  t.is(micros(Number.NaN), '–')
  t.is(percent(0.031), '3.1 %')
  t.is(percent(0.97), '97 %')
  t.is(shorten('poll', 4), 'poll')
  t.is(shorten('python3 -m server', 8), 'pyth…ver')
})

test('an end of an interval that stands for none is not written as a number', t => {
  t.is(interval(0.5, 0.75), '0.50 to 0.75')
  t.is(interval(1e-6, 0.75), 'at most 0.75')
  t.is(interval(1.5, 1e6), 'at least 1.50')
  t.is(interval(1e-6, 1e6), 'no bound is known')
})
