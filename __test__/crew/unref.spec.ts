/** A crew that was unref'd keeps no process alive; `architectures/unref.spec.ts` has the others. */

import test from 'ava'
import { runChild } from '../native/child.ts'

for (const way of ['unref', 'unref-stopping', 'stopping-unref']) {
  test(`inetd: a process ends though its server is open: ${way}`, async t => {
    const script = '../../architectures/children/unref.mjs'
    t.deepEqual(await runChild(script, ['inetd', way]), { how: 0, lines: [way], stderr: '' })
  })
}

test('loop-and-pool: a process ends though a thread of the pool blocks', async t => {
  const ended = await runChild('../../crew/children/pool-unref.mjs', [])
  t.deepEqual(ended, { how: 0, lines: ['unref'], stderr: '' })
})
