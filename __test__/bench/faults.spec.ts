/** What the benchmark calls a fault in what the generator counted. */

import test from 'ava'
import { faultsOf, isFaulty, sumFaults } from '../../bench/faults.ts'

const NONE = { wrong: 0, lost: 0, refused: 0, unanswered: 0 }

test('what was under way at the end of a closed load is no fault, what never came is one', t => {
  t.false(isFaulty(faultsOf({ ...NONE, unanswered: 50, usersWaiting: 0 })))
  t.deepEqual(faultsOf({ ...NONE, unanswered: 50, usersWaiting: 2 }).missing, 2)
})

test('where nothing is under way at the end, all that has no answer is missing', t => {
  t.deepEqual(faultsOf({ ...NONE, unanswered: 3 }), { wrong: 0, lost: 0, missing: 3 })
})

test('each kind of failure is in one count, and counts add up', t => {
  const found = faultsOf({ wrong: 1, lost: 2, refused: 4, late: 8, unanswered: 16 })
  t.deepEqual(found, { wrong: 1, lost: 6, missing: 24 })
  t.deepEqual(sumFaults([found, found]), { wrong: 2, lost: 12, missing: 48 })
})
