/** Every case against some designs of the gallery, over real sockets. */

import test from 'ava'
import type { ArchitectureName } from '../../src/types.ts'
import { startDesign } from '../start-design.ts'
import { loadCases } from './cases.ts'
import { runOnServer, wantedOutcome } from './run-on-server.ts'

/** Fewer workers than by default, so that a server starts soon. They are still several. */
const WORKERS: Partial<Record<ArchitectureName, number>> = { processes: 2, 'worker-threads': 2 }

/** Runs every case that is meant for servers. */
export function testDesigns(...names: readonly ArchitectureName[]): void {
  const cases = loadCases().filter(({ cores }) => !cores)
  for (const name of names) {
    const workers = WORKERS[name]
    const design = { architecture: name, ...(workers !== undefined && { workers }) }
    for (const from of cases) {
      test.serial(`${name}: ${from.title}`, async t => {
        const outcome = await runOnServer(from, options => startDesign({ ...options, ...design }))
        t.deepEqual(outcome, wantedOutcome(from))
      })
    }
  }
}
