/** The ready protocols say what the textbook's do. */

import test from 'ava'
import { startJsServer } from '../index.ts'
import { PROTOCOLS } from '../src/cli/protocols.ts'
import { connect } from '../src/client.ts'
import { parseServerOptions } from '../src/options.ts'

const CONVERSATIONS: Readonly<Record<string, Record<string, string>>> = {
  lancelot: {
    'What is your name?': 'My name is Sir Lancelot of Camelot.',
    'What is your quest?': 'To seek the Holy Grail.',
    'What is your favorite color?': 'Blue.',
    'What is the air speed of a swallow?': 'Error: unknown question.',
  },
  zen: {
    'Beautiful is better than?': 'Ugly.',
    'Explicit is better than?': 'Implicit.',
    'Simple is better than?': 'Complex.',
    'Nonsense is better than?': 'Error: unknown aphorism.',
  },
}

for (const protocol of PROTOCOLS) {
  test(`${protocol.name} answers as the textbook does`, async t => {
    const server = await startJsServer({ ...protocol.options, port: 0 })
    t.teardown(() => server.close({ drainMsMax: 0 }))
    const { terminator } = protocol
    const client = await connect({ port: server.address.port, terminator })
    for (const [question, answer] of Object.entries(CONVERSATIONS[protocol.name] ?? {})) {
      t.is(await client.ask(question), answer)
    }
    for (const question of protocol.questions) t.notRegex(await client.ask(question), /unknown/)
    t.is(protocol.questions.length, 3)
    await client.close()
  })

  test(`${protocol.name} uses port 1060 and ends questions in ?`, t => {
    const { port, delimiter } = parseServerOptions(protocol.options)
    t.deepEqual({ port, delimiter: delimiter.toString() }, { port: 1060, delimiter: '?' })
  })
}
