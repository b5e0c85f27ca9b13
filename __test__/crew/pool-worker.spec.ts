/** A thread of a pool that blocks: what waits for it is bounded, what was withdrawn too. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import type * as Messages from '../../src/crew/pool-messages.ts'
import type { PoolReport } from '../../src/crew/pool-messages.ts'
import type * as Workers from '../../src/crew/pool-worker.ts'
import type { Connection } from '../../src/types.ts'
import { MODULE } from './crews.ts'

// From the build, for a thread begins with a file beside these.
const BUILT = new URL('../../dist/src/crew/', import.meta.url)
const { PoolWorker } = (await import(`${BUILT}pool-worker.js`)) as typeof Workers
const { UNTAKEN_BYTES_MAX, UNTAKEN_MAX } = (await import(
  `${BUILT}pool-messages.js`
)) as typeof Messages

const nobody = { remoteAddress: undefined, remotePort: undefined, openedAtMs: 0 }
const connection = { id: 1, ...nobody } as Connection

for (const [what, request, withdrawnMax] of [
  ['many requests', 'x', UNTAKEN_MAX],
  ['long requests', 'x'.repeat(1024 * 1024), UNTAKEN_BYTES_MAX / (1024 * 1024)],
] as const) {
  test(`a thread that blocks is full of ${what} that were withdrawn, until it is free`, async t => {
    const folder = mkdtempSync(join(tmpdir(), 'lancelot-'))
    t.teardown(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'free')
    const told: PoolReport[] = []
    const start = { handlerModule: MODULE.href, encoding: 'utf8', answerBytesMax: 1024 } as const
    const worker = new PoolWorker(start, {
      heard: (_, report) => told.push(report),
      ended: () => {},
    })
    t.teardown(() => worker.end())
    await worker.ready
    worker.give({ ticket: 1, request: `hold ${path}`, connection })
    worker.flush()
    while (!existsSync(`${path}.held`)) await turn()
    let withdrawn = 0
    while (!worker.isFull && withdrawn <= withdrawnMax) {
      worker.give({ ticket: 2 + withdrawn, request, connection })
      worker.flush()
      withdrawn += worker.takeBack().length
    }
    t.is(withdrawn, withdrawnMax)
    t.is(worker.load, 1)
    writeFileSync(path, '')
    while (!told.some(([kind]) => kind === 'passed')) await turn()
    while (worker.isFull) await turn()
    t.deepEqual(
      told.filter(([kind]) => kind === 'answered'),
      [['answered', 1, 'Free.']],
    )
  })
}
