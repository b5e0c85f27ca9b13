/** What the tables look like. */

import test from 'ava'
import { figure, markdownTable, percent, ratioFigure, wantedNote } from '../../bench/table.ts'

test('a table is markdown, its first column left and the others right', t => {
  t.is(
    markdownTable(
      ['server', 'us'],
      [
        ['floor', '4.32'],
        ['js', '10'],
      ],
    ),
    ['| server |   us |', '| ------ | ---: |', '| floor  | 4.32 |', '| js     |   10 |'].join('\n'),
  )
})

test('figures show three digits, and thousands whole', t => {
  t.is(figure(4.3189), '4.32')
  t.is(figure(0.28812), '0.288')
  t.is(figure(0), '0.00')
  t.is(figure(212_649.4), '212,649')
  t.is(figure(Number.NaN), '-')
})

test('a ratio shows its interval', t => {
  t.is(ratioFigure({ ratio: 1.018, low: 0.9951, high: 1.05 }), '1.02 (1.00-1.05)')
  t.is(ratioFigure({ ratio: Number.NaN, low: Number.NaN, high: Number.NaN }), '-')
})

test('a share shows as a percentage', t => {
  t.is(percent(0.994), '99 %')
  t.is(percent(Number.NaN), '-')
})

test('a ratio that is wanted is reached, missed or not known', t => {
  const note = (ratio: number): string =>
    wantedNote('native against floor', { ratio, low: 1.1, high: 1.3 }, 1.2)
  t.is(note(1.2), 'Wanted: native against floor at most 1.20; it is 1.20 (1.10-1.30): reached.')
  t.regex(note(1.201), /missed\.$/)
  t.regex(note(Number.NaN), /it is -: cannot tell\.$/)
})
