/**
 * Tries to start servers that cannot start, and prints the code of each error. Nothing may keep the
 * process alive after that, so it ends by itself.
 */

import { createServer } from 'node:net'
import { startPollServer } from 'lancelot'

const taken = createServer()
await new Promise(resolve => taken.listen(0, '127.0.0.1', resolve))

const refused = [
  { port: taken.address().port },
  { port: 0, host: '192.0.2.1' },
  { port: 0, host: 'no such host' },
  { port: 0, answers: { 'a?b': 'c' } },
  { port: 0, loops: 65 },
  { port: 0, signal: AbortSignal.abort() },
]
for (const options of refused) {
  await startPollServer(options).then(
    server => console.log(`listens on ${server.address.port}`),
    error => console.log(error.code ?? error.name),
  )
}
taken.close()
