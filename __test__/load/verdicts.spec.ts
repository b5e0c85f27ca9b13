/**
 * The verdicts: their rule, their exceptions, and how often they are right about runs whose truth
 * is known. The simulated runs go through the comparator's own stopping and its own verdicts.
 */

import test from 'ava'
import type { BlockValues, Metric, Verdict, VerdictWord } from '../../src/load/run-file.ts'
import { deriveVerdicts, RATIO_MAX, RATIO_MIN } from '../../src/load/verdicts.ts'
import { runWith, settingsWith, simulate, valuesWith } from './synthetic-run.ts'

type Block = Readonly<Record<string, BlockValues>>

/** Small, fixed disturbances, so that no interval is without width. */
const WOBBLE = [0.001, -0.001, 0.0005, -0.0005, 0.0002, -0.0002, 0.0008, -0.0008]

/** Eight blocks in which every design costs its figure, times a wobble of its own. */
function costing(costs: Readonly<Record<string, number>>, wobble = 1): Block[] {
  return WOBBLE.map((_, block) =>
    Object.fromEntries(
      Object.entries(costs).map(([name, cost], place) => {
        const each = 1 + wobble * (WOBBLE[(block + 3 * place) % WOBBLE.length] ?? 0)
        return [name, valuesWith({ cpuPerRequestUs: [cost * each, cost * each] })]
      }),
    ),
  )
}

/** Eight blocks with capacities. `null`: the objective was met at no rate. */
function carrying(a: number | null, b: number | null, generators: string[] = []): Block[] {
  const of = (name: string, capacity: number | null, block: number): BlockValues =>
    valuesWith({
      capacity: capacity === null ? null : capacity * (1 + (WOBBLE[block] ?? 0)),
      capacityIsGenerators: generators.includes(name),
    })
  return WOBBLE.map((_, block) => ({ a: of('a', a, block), b: of('b', b, 7 - block) }))
}

function only(blocks: readonly Block[], settings = settingsWith()): Verdict {
  const { verdicts, noVerdict } = deriveVerdicts(runWith(blocks, settings))
  const [verdict] = verdicts
  if (verdicts.length === 1 && verdict !== undefined) return verdict
  throw new Error(`${verdicts.length} verdicts, expected one; ${noVerdict}`)
}

test('who costs less CPU is faster, and the sentence says by how much', t => {
  const verdict = only(costing({ poll: 3.1, callback: 10 }))
  t.is(verdict.verdict, 'faster')
  t.is(verdict.ratio.toFixed(2), '0.31')
  t.regex(
    verdict.text,
    /^poll costs 0\.31 x the CPU of callback per request \(95 % 0\.31 to 0\.31\)$/,
  )
  t.is(only(costing({ callback: 10, poll: 3.1 })).verdict, 'slower')
})

test('an interval within the margins is no difference, even where it leaves out 1', t => {
  const verdict = only(costing({ a: 1.01, b: 1 }))
  t.true(verdict.low > 1 && verdict.high < 1.02)
  t.is(verdict.verdict, 'no difference')
  t.regex(verdict.text, /^a and b cost the same CPU per request within 2 % \(1\.010 x, 95 % /)
})

test('margins are ratios: as far below 1 as above it', t => {
  const margins = { ...settingsWith().margins, cpuPerRequest: 1 }
  t.is(only(costing({ a: 0.51, b: 1 }), settingsWith({ margins })).verdict, 'no difference')
  t.is(only(costing({ a: 1.98, b: 1 }), settingsWith({ margins })).verdict, 'no difference')
  t.is(only(costing({ a: 0.49, b: 1 }), settingsWith({ margins })).verdict, 'faster')
})

test('what holds 1 and leaves the margins cannot be told, and how long would tell is said', t => {
  const verdict = only(costing({ a: 1, b: 1 }, 100))
  t.is(verdict.verdict, 'cannot tell')
  t.true((verdict.moreMinutes ?? 0) >= 1)
  t.regex(
    verdict.text,
    /^cannot tell whether a or b costs less CPU per request \(.*\); about \d+ more minutes? would$/,
  )
})

test('more scatter needs more minutes, and too much needs more than is sensible', t => {
  const minutes = (wobble: number): number | undefined =>
    only(costing({ a: 1, b: 1 }, wobble)).moreMinutes
  t.true((minutes(60) ?? 0) > (minutes(30) ?? Number.POSITIVE_INFINITY))
  t.is(minutes(900), undefined)
  t.regex(only(costing({ a: 1, b: 1 }, 900)).text, /no sensible time would$/)
})

test('of response times less is faster, of capacity more', t => {
  const blocks = WOBBLE.map(wobble => ({
    a: valuesWith({ p50Us: [100 + wobble], p99Us: [900 + wobble], capacity: 2000 + wobble }),
    b: valuesWith({ p50Us: [200 + wobble], p99Us: [300 + wobble], capacity: 1000 + wobble }),
  }))
  const { verdicts } = deriveVerdicts(runWith(blocks))
  t.deepEqual(
    verdicts.map(({ metric, verdict }) => [metric, verdict]),
    [
      ['capacity', 'faster'],
      ['p50', 'faster'],
      ['p99', 'slower'],
    ] satisfies [Metric, VerdictWord][],
  )
  t.regex(verdicts[0]?.text ?? '', /^a carries 2\.00 x the rate of b with a p99 within 5 ms/)
  t.regex(verdicts[2]?.text ?? '', /^a has 3\.00 x the p99 response time of b \(95 %/)
})

test('every pair is judged once, in the order of the contestants', t => {
  const { verdicts } = deriveVerdicts(runWith(costing({ c: 1, a: 2, b: 3 })))
  t.deepEqual(
    verdicts.map(({ a, b }) => a + b),
    ['ca', 'cb', 'ab'],
  )
})

test('a verdict does not depend on who else is measured, but for the confidence', t => {
  const [pair] = deriveVerdicts(runWith(costing({ a: 1, b: 1.3 }, 5))).verdicts
  const [among] = deriveVerdicts(runWith(costing({ a: 1, b: 1.3, c: 2, d: 3 }, 5))).verdicts
  t.is(pair?.ratio, among?.ratio)
  t.true((among?.low ?? 0) < (pair?.low ?? 0) && (pair?.high ?? 0) < (among?.high ?? 0))
})

test('a capacity that the generator ended is a bound, which may suffice', t => {
  const atLeast = only(carrying(2000, 1000, ['a']))
  t.is(atLeast.verdict, 'faster')
  t.is(atLeast.high, RATIO_MAX)
  t.regex(atLeast.text, /to any\); the generator was the limit of a, which may carry more$/)
  const useless = only(carrying(1000, 2000, ['a']))
  t.is(useless.verdict, 'cannot tell')
  t.is(useless.moreMinutes, undefined)
  const both = only(carrying(2000, 1000, ['a', 'b']))
  t.deepEqual([both.verdict, both.low, both.high], ['cannot tell', RATIO_MIN, RATIO_MAX])
})

test('a generator disturbed in a quarter of the blocks is no limit, but those say nothing', t => {
  const disturbed = (count: number): Verdict =>
    only(
      carrying(2000, 1000).map((values, index) => {
        const isDisturbed = index < count
        const changed = {
          capacity: isDisturbed ? 10 : 2000 + index,
          capacityIsGenerators: isDisturbed,
        }
        return { ...values, a: valuesWith(changed) }
      }),
    )
  t.is(disturbed(2).verdict, 'faster')
  t.is(disturbed(2).ratio.toFixed(1), '2.0')
  t.is(disturbed(3).high, RATIO_MAX)
})

test('a generator that failed at every rate says nothing of the design', t => {
  const blocks = carrying(null, 1000, ['a'])
  t.is(only(blocks).verdict, 'cannot tell')
  t.regex(only(blocks).text, /the generator was the limit of a, which may carry more$/)
})

test('a design that meets the objective at no rate is slower than one that does', t => {
  const never = only(carrying(null, 1000))
  t.deepEqual([never.verdict, never.ratio], ['slower', RATIO_MIN])
  t.is(never.text, 'a has a p99 within 5 ms at no rate, and b has it: a met it in 0 of 8 blocks')
  t.is(only(carrying(1000, null)).verdict, 'faster')
})

test('a design that meets the objective only sometimes cannot be ranked by capacity', t => {
  const [first, ...rest] = carrying(1000, 500)
  const sometimes = only([{ ...first, a: valuesWith({}) } as Block, ...rest])
  t.is(sometimes.verdict, 'cannot tell')
  t.regex(sometimes.text, /a met it in 7 of 8 blocks$/)
})

test('all figures are finite, so that they survive JSON', t => {
  const derived = [
    carrying(null, 1000),
    carrying(2000, 1000, ['a', 'b']),
    costing({ a: 1, b: 1e30 }),
  ].map(blocks => deriveVerdicts(runWith(blocks)))
  t.deepEqual(JSON.parse(JSON.stringify(derived)), derived)
})

test('a design that failed the gate is refused, with the mistake, and in no verdict', t => {
  const run = runWith(costing({ a: 1, bad: 1, b: 2 }))
  const checks = [
    { name: 'vanish', result: 'failed' as const, detail: 'lost 3 of 100 answers' },
    { name: 'churn', result: 'noted' as const, detail: 'slow' },
  ]
  const gate = run.gate.map(record => (record.name === 'bad' ? { ...record, checks } : record))
  const { verdicts, refused, noVerdict } = deriveVerdicts({ ...run, gate })
  t.deepEqual(refused, [{ name: 'bad', reason: 'vanish: lost 3 of 100 answers' }])
  t.deepEqual(
    verdicts.map(({ a, b }) => [a, b]),
    [['a', 'b']],
  )
  t.is(noVerdict, null)
})

test('a failed instrument check gives no verdict, with the figure and its bound', t => {
  const check = {
    name: 'send lag',
    expected: 'a generator that is on time',
    measured: 812.34,
    bound: 500,
    unit: 'us',
    passed: false,
  }
  const noise = { ...check, name: 'noise', measured: 0.2, bound: 0.15, unit: 'of the time' }
  const right = { ...check, name: 'delay', passed: true }
  const run = { ...runWith(costing({ a: 1, b: 2 })), instrument: [right, check, noise] }
  t.deepEqual(deriveVerdicts(run), {
    verdicts: [],
    refused: [],
    noVerdict:
      'the instrument failed its check: ' +
      'send lag: 812, bound 500 us (expected: a generator that is on time); ' +
      'noise: 0.2, bound 0.15 of the time (expected: a generator that is on time)',
  })
})

test('one design, or one block, has nothing to be compared with', t => {
  t.regex(deriveVerdicts(runWith(costing({ a: 1 }))).noVerdict ?? '', /only a passed the gate/)
  const blocks = costing({ a: 1, b: 2 }).slice(0, 1)
  t.regex(deriveVerdicts(runWith(blocks)).noVerdict ?? '', /1 of at least 2 blocks/)
})

test('the same run gives the same verdicts', t => {
  const run = runWith(costing({ a: 1, b: 1.01, c: 3 }, 10))
  t.deepEqual(deriveVerdicts(run), deriveVerdicts(run))
})

/** How often each word came, over runs with seeds from `first` on. */
function words(
  costs: Readonly<Record<string, number>>,
  runs: number,
  first: number,
): { runs: VerdictWord[][]; verdicts: (readonly Verdict[])[] } {
  const verdicts = Array.from(
    { length: runs },
    (_, run) => simulate(costs, settingsWith({ seed: first + run })).verdicts,
  )
  return { runs: verdicts.map(each => each.map(({ verdict }) => verdict)), verdicts }
}

test('A against A is no difference in 95 of 100 runs, or more', t => {
  t.log('seeds 1000 to 1099')
  const same = words({ a: 4, b: 4 }, 100, 1000).runs.filter(([word]) => word === 'no difference')
  t.log(`${same.length} of 100`)
  t.true(same.length >= 95, `${same.length} of 100`)
})

test('a planted 3 % is found in 90 of 100 runs, or more', t => {
  t.log('seeds 2000 to 2099')
  const found = words({ a: 4 * 1.03, b: 4 }, 100, 2000).runs.filter(([word]) => word === 'slower')
  t.log(`${found.length} of 100`)
  t.true(found.length >= 90, `${found.length} of 100`)
})

test('the interval of a run that stopped when it liked holds the truth in 93 %, or more', t => {
  t.log('seeds 3000 to 3399')
  const truth = 1.03
  const { verdicts } = words({ a: 4 * truth, b: 4 }, 400, 3000)
  const held = verdicts.filter(([verdict]) => {
    return verdict !== undefined && verdict.low <= truth && truth <= verdict.high
  })
  t.log(`${held.length} of 400`)
  t.true(held.length >= 372, `${held.length} of 400`)
})

test('of six equal designs any is called faster in 5 % of runs, or less', t => {
  t.log('seeds 4000 to 4099')
  const costs = { a: 4, b: 4, c: 4, d: 4, e: 4, f: 4 }
  const wrong = words(costs, 100, 4000).runs.filter(run =>
    run.some(word => word === 'faster' || word === 'slower'),
  )
  t.log(`${wrong.length} of 100`)
  t.true(wrong.length <= 5, `${wrong.length} of 100`)
})
