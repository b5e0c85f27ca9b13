/** How repeats of a comparison are counted. */

import test from 'ava'
import { describeRepeats, isReached, type Repeated } from '../../bench/verdict-counts.ts'
import type { Verdict, VerdictWord } from '../../src/load/run-file.ts'

function repeated(words: readonly (VerdictWord | null)[]): Repeated {
  const verdictOf = (verdict: VerdictWord): Verdict => ({
    a: 'a',
    b: 'b',
    metric: 'cpuPerRequest',
    ratio: 1.03,
    low: 1.02,
    high: 1.04,
    verdict,
    text: '',
  })
  return {
    title: 'floor + 3 %',
    expected: 'slower',
    wantedShare: 0.9,
    repeats: words.map(word => ({
      ...(word !== null && { verdict: verdictOf(word) }),
      noVerdict: word === null ? 'noise' : null,
      seed: 1,
      blocks: 8,
      seconds: 30,
      faults: [],
    })),
  }
}

test('the right verdict in nine of ten reaches nine tenths, in eight it does not', t => {
  t.true(isReached(repeated([...new Array<VerdictWord>(9).fill('slower'), 'cannot tell'])))
  t.false(isReached(repeated([...new Array<VerdictWord>(8).fill('slower'), 'faster', null])))
})

test('no repeats reach nothing', t => {
  t.false(isReached(repeated([])))
})

test('every verdict is counted in its column, and those that did not come as well', t => {
  const [, , row] = describeRepeats([repeated(['slower', 'slower', 'cannot tell', null])]).split(
    '\n',
  )
  const cells = (row ?? '').split('|').map(cell => cell.trim())
  t.deepEqual(cells.slice(1, 10), [
    'floor + 3 %',
    '0',
    '2',
    '0',
    '1',
    '1',
    '1.030',
    '1.010',
    '8.000',
  ])
  t.is(cells[10], '2 of 4 slower, wanted 4: missed')
})
