/** Every case against the native server, over real sockets. */

import test from 'ava'
import { startPollServer } from '../../index.ts'
import { loadCases } from './cases.ts'
import { runOnServer, wantedOutcome } from './run-on-server.ts'

for (const from of loadCases().filter(({ cores }) => !cores)) {
  test.serial(from.title, async t => {
    t.deepEqual(await runOnServer(from, startPollServer), wantedOutcome(from))
  })
}
