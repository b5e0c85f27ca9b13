/** When a server has come to its speed. */

import test from 'ava'
import { isSteady } from '../../src/load/slices.ts'

const CASES: readonly [what: string, costs: number[], isIt: boolean][] = [
  ['nothing measured', [], false],
  ['three slices alone, for the first of all is dear anywhere', [4, 4, 4], false],
  ['a cost that stays', [4.1, 4.2, 4, 4.3], true],
  ['a cost that fell and stays', [65, 40, 16, 15, 15.2, 15.1], true],
  ['a cost that still falls', [65, 40, 30, 20, 16], false],
  ['a step that a compiler rests on', [100, 72.6, 72.5, 27, 16], false],
  ['a disturbance a moment ago', [4, 4, 4, 9, 4, 4], false],
  ['no answer in the last slice', [4, 4, 4, Number.NaN], false],
  ['no answer in a slice long ago', [Number.NaN, 4, 4, 4], true],
]

for (const [what, costs, isIt] of CASES) {
  test(`${what} is ${isIt ? '' : 'not '}steady`, t => {
    t.is(isSteady(costs), isIt)
  })
}
