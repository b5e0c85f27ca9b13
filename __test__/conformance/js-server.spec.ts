/** Every case against the pure-JavaScript server, over real sockets. */

import test from 'ava'
import { startJsServer } from '../../index.ts'
import { loadCases } from './cases.ts'
import { runOnServer, wantedOutcome } from './run-on-server.ts'

for (const from of loadCases().filter(({ cores }) => !cores)) {
  test.serial(from.title, async t => {
    t.deepEqual(await runOnServer(from, startJsServer), wantedOutcome(from))
  })
}
