/** The search for a capacity, on made-up servers. */

import test from 'ava'
import { type CapacitySearch, type Probe, searchCapacity } from '../../src/load/capacity.ts'

const SEARCH: CapacitySearch = { start: 1000, step: 1.2, fineness: 1.04 }

/** A server that bears up to `borne`, and what it was asked. */
function server(borne: number, isGenerators = false) {
  const tried: number[] = []
  async function probe(rate: number): Promise<Probe> {
    tried.push(rate)
    return { passed: rate <= borne, isGenerators: rate > borne && isGenerators }
  }
  return { probe, tried }
}

for (const borne of [30, 500, 990, 1000, 1100, 7000, 123_456]) {
  test(`of what bears ${borne} that is found, less by the fineness at most`, async t => {
    const { probe, tried } = server(borne)
    const { rate, isGenerators } = await searchCapacity(probe, SEARCH)
    t.true(rate !== null && rate <= borne && rate >= borne / SEARCH.fineness, `${rate}`)
    t.false(isGenerators)
    t.true(tried.length <= 16, `${tried}`)
  })
}

test('a start that is about right takes few probes', async t => {
  const { probe, tried } = server(1050)
  await searchCapacity(probe, SEARCH)
  t.true(tried.length <= 5, `${tried}`)
})

test('what bears not even the lowest rate has no capacity', async t => {
  const { probe, tried } = server(0)
  t.deepEqual(await searchCapacity(probe, SEARCH), { rate: null, isGenerators: false })
  t.true(Math.min(...tried) >= 20)
})

test('where the generator failed, not the server, that is told', async t => {
  const { probe } = server(5000, true)
  t.true((await searchCapacity(probe, SEARCH)).isGenerators)
})

test('a server that bears whatever can be asked is bounded by the generator', async t => {
  const { probe, tried } = server(Number.POSITIVE_INFINITY)
  const { rate, isGenerators } = await searchCapacity(probe, { ...SEARCH, rateMax: 100_000 })
  t.true(isGenerators)
  t.is(rate, Math.max(...tried))
  t.true(Math.max(...tried) <= 100_000)
})
