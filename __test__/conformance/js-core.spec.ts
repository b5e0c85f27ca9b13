/** Every case against the pure-JavaScript core, in simulated time. */

import test from 'ava'
import { loadCases, parseCase } from './cases.ts'
import { runOnCore } from './run-on-core.ts'
import { wantedOutcome } from './run-on-server.ts'

/** Counted by whoever accepts connections, which a core does not. */
const DRIVER_COUNTERS = ['accepted', 'open', 'closed', 'refused']

const cases = loadCases()

for (const from of cases) {
  test(from.title, async t => {
    const [outcome, wanted] = [await runOnCore(from), wantedOutcome(from)]
    for (const name of DRIVER_COUNTERS) {
      Reflect.deleteProperty(outcome.stats ?? {}, name)
      Reflect.deleteProperty(wanted.stats ?? {}, name)
    }
    t.deepEqual(outcome, wanted)
  })
}

test('every rule has cases', t => {
  const rules = new Set(cases.map(({ title }) => title.split(':')[0]))
  t.is(rules.size, 10)
})

test('a case with a field, a step or a character that the format does not know is an error', t => {
  const good = {
    name: 'x',
    rule: 'P1',
    options: {},
    steps: [{ send: 'a' }],
    out: '',
    code: 'reset',
  }
  t.notThrows(() => parseCase(good, 'here'))
  t.throws(() => parseCase({ ...good, stepz: [] }, 'here'), { message: /"stepz"/ })
  t.throws(() => parseCase({ ...good, steps: [{ sned: 'a' }] }, 'here'), { message: /"sned"/ })
  t.throws(() => parseCase({ ...good, steps: [{ send: '\u0100' }] }, 'here'), { message: /bytes/ })
  t.throws(() => parseCase({ ...good, steps: [{ take: 1 }] }, 'here'), { message: /"cores"/ })
  t.throws(() => parseCase({ ...good, code: 'gone' }, 'here'), { message: /"gone"/ })
  t.throws(() => parseCase({ ...good, rule: 'P11' }, 'here'), { message: /rule/ })
})

test('a core that does something else than the case says is found out', async t => {
  const from = cases.find(({ title }) => title.includes('bytes up to the delimiter'))
  if (!from || 'refused' in from) throw new Error('the first case is gone')
  t.notDeepEqual(await runOnCore(from), { ...wantedOutcome(from), out: 'Alpha' })
})
