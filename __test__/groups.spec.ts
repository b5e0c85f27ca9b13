/** Groups of the JavaScript engine, against an oracle that is a list of pairs. */

import { deepStrictEqual } from 'node:assert/strict'
import test from 'ava'
import fc from 'fast-check'
import { Groups } from '../src/groups.ts'
import { newSeed } from './native/random.ts'

const GROUPS_MAX = 3
const GROUP_NAMES = ['a', 'b', 'c', 'd', '__proto__']
const MEMBERS = [0, 1, 2, 3].map(id => ({ id }))

const happening = fc.record({
  what: fc.constantFrom('join', 'join', 'join', 'leave', 'leaveAll'),
  member: fc.constantFrom(...MEMBERS),
  group: fc.constantFrom(...GROUP_NAMES),
})

test('whoever joins and leaves, members and answers are those of a list of pairs', t => {
  const seed = newSeed() | 0
  t.log(`SEED=${seed}`)
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), happenings => {
      const groups = new Groups<{ id: number }>(GROUPS_MAX)
      let pairs: { member: object; group: string }[] = []
      for (const { what, member, group } of happenings) {
        const isMember = pairs.some(pair => pair.member === member && pair.group === group)
        const count = pairs.filter(pair => pair.member === member).length
        if (what === 'join') {
          const joins = isMember || count < GROUPS_MAX
          deepStrictEqual(groups.join(member, group), joins)
          if (joins && !isMember) pairs.push({ member, group })
        } else if (what === 'leave') {
          deepStrictEqual(groups.leave(member, group), isMember)
          pairs = pairs.filter(pair => pair.member !== member || pair.group !== group)
        } else {
          groups.leaveAll(member)
          pairs = pairs.filter(pair => pair.member !== member)
        }
        for (const name of GROUP_NAMES) {
          const wanted = pairs.filter(pair => pair.group === name).map(pair => pair.member)
          deepStrictEqual(new Set(groups.membersOf(name)), new Set(wanted))
        }
      }
    }),
    { seed, numRuns: 1000 },
  )
  t.pass()
})
