/** What the plan of slices promises. */

import test from 'ava'
import { planSlices } from '../../bench/plan.ts'
import { seededRandom } from '../../src/load/statistics.ts'

const SERVERS = ['floor', 'floor again', 'native']
const LOADS = ['depth 1', 'depth 16']

test('every round holds every server under every load once', t => {
  const plan = planSlices(SERVERS, LOADS, 24, seededRandom(1))
  t.is(plan.length, 24 * 6)
  for (let round = 0; round < 24; round++) {
    const cells = plan.slice(round * 6, round * 6 + 6)
    t.true(cells.every(cell => cell.round === round))
    t.is(new Set(cells.map(({ server, load }) => `${server} / ${load}`)).size, 6)
  }
})

test('a seed repeats the order, and another seed gives another', t => {
  t.deepEqual(
    planSlices(SERVERS, LOADS, 5, seededRandom(1)),
    planSlices(SERVERS, LOADS, 5, seededRandom(1)),
  )
  t.notDeepEqual(
    planSlices(SERVERS, LOADS, 5, seededRandom(1)),
    planSlices(SERVERS, LOADS, 5, seededRandom(2)),
  )
})

test('every cell comes first about as often as any other', t => {
  const first = new Map<string, number>()
  for (const { server } of planSlices(SERVERS, ['one'], 3000, seededRandom(3)).filter(
    (_, place) => place % SERVERS.length === 0,
  )) {
    first.set(server, (first.get(server) ?? 0) + 1)
  }
  for (const name of SERVERS) {
    const count = first.get(name) ?? 0
    t.true(count > 900 && count < 1100, `${name}: ${count}`)
  }
})
