/** The conditions of `--fail-if`: how they are read, and when they come true. */

import test from 'ava'
import { type BenchFigures, figuresOf } from '../../src/load/bench-figures.ts'
import { failuresOf, needsServer, parseFailIf } from '../../src/load/fail-if.ts'
import type { Model, RunResult } from '../../src/load/load-protocol.ts'
import { histogramOf, runResult } from './bench-results.ts'

const OPEN: Model = { kind: 'open', rate: 100, arrivals: 'constant', connections: 1 }
const CLOSED: Model = { kind: 'closed', users: 1 }

function figures(fields: Partial<RunResult> = {}): BenchFigures {
  return figuresOf(runResult(fields), true)
}

/** What was found of a condition, or undefined if it did not come true. */
function found(condition: string, of: BenchFigures, model: Model = OPEN): string | undefined {
  return failuresOf([parseFailIf(condition)], of, model)[0]?.found
}

test('a condition is a metric, a comparison, a number and its unit', t => {
  const p99 = { metric: 'p99', comparison: '>', bound: 2000, isShare: false }
  for (const text of ['p99 > 2ms', ' P99>2 ms ', 'p99 > 2000us', 'p99 > 0.002s', 'p99>2000µs']) {
    t.like(parseFailIf(text), p99, text)
  }
  t.like(parseFailIf('errors >= 0.1%'), { bound: 0.001, isShare: true, comparison: '>=' })
  t.like(parseFailIf('rate < 50000'), { bound: 50_000, isShare: false })
})

test('what is no condition is refused, and the message says what would be', t => {
  const refused: [string, RegExp][] = [
    ['p99', /--fail-if 'p99': expected a metric, one of > >= < <=, and a number: 'p99 > 2ms'/],
    ['p99 = 2ms', /expected a metric/],
    ['p99 > ms', /expected a metric/],
    ['p99 > 2ms or so', /expected a metric/],
    ['errrors > 0', /no metric 'errrors'; did you mean errors\? Metrics are: p50 p90/],
    ['constructor > 1', /no metric 'constructor'/],
    ['p99 > 2', /p99 takes us, ms, s, not a number alone/],
    ['p99 > 2%', /p99 takes us, ms, s, not %/],
    ['rate < 5ms', /rate takes no unit, \/s, not ms/],
  ]
  for (const [text, message] of refused) {
    t.throws(() => parseFailIf(text), { code: 'ERR_LANCELOT_OPTION_RANGE', message }, text)
  }
})

test('times are compared with the response times', t => {
  const ofFive = figures({ responseTimes: histogramOf([1, 2, 3, 4, 5000]) })
  t.is(found('p50 > 2us', ofFive), '3.00 µs')
  t.is(found('p50 >= 3us', ofFive), '3.00 µs')
  t.is(found('p50 > 3.1us', ofFive), undefined)
  t.is(found('max > 4ms', ofFive), '5.00 ms')
  t.is(found('mean > 2s', ofFive), undefined)
})

test('rate and CPU for each request are of right answers', t => {
  t.is(found('rate < 101', figures()), '100/s')
  t.is(found('rate <= 99/s', figures()), undefined)
  t.is(found('cpu > 19us', figures()), '20.0 µs')
  t.true(needsServer(parseFailIf('cpu > 1us')))
  t.false(needsServer(parseFailIf('p99 > 1us')))
})

test('each kind of error counts by itself, and all together as errors', t => {
  const erring = figures({ due: 200, wrong: 1, lost: 2, late: 3, refused: 4, unanswered: 5 })
  t.is(found('wrong > 0', erring), '1')
  t.is(found('lost > 2', erring), undefined)
  t.is(found('late >= 3', erring), '3')
  t.is(found('refused > 3', erring), '4')
  t.is(found('errors > 14', erring), '15')
  t.is(found('errors > 7%', erring), '7.5 %')
  t.is(found('errors > 8%', erring), undefined)
})

test('users who wait when a closed load ends are no errors', t => {
  t.is(found('errors > 0', figures({ unanswered: 5 }), CLOSED), undefined)
})

test('where nothing was answered every condition about times comes true', t => {
  const none = figures({ right: 0, responseTimes: '' })
  t.is(found('p99 > 10s', none), 'nothing was answered')
  t.is(found('cpu > 10s', none), 'nothing was answered')
})
