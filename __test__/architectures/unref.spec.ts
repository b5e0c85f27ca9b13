/** A server that was unref'd keeps no process alive, whatever is open and waited for. */

import test from 'ava'
import { runChild } from '../native/child.ts'
import { SocketClient } from '../socket-client.ts'
import { ENGINES } from './engines.ts'

const SCRIPT = '../../architectures/children/unref.mjs'

for (const engine of ENGINES) {
  for (const way of ['unref', 'unref-stopping', 'stopping-unref']) {
    test(`${engine}: a process ends though its server is open: ${way}`, async t => {
      t.deepEqual(await runChild(SCRIPT, [engine, way]), { how: 0, lines: [way], stderr: '' })
    })
  }

  test(`${engine}: a server that was ref'd again keeps its process until it closes`, async t => {
    let talked: Promise<string> | undefined
    const { how, stderr } = await runChild(SCRIPT, [engine, 'ref'], line => {
      talked = quit(Number(line.split(' ')[1]))
    })
    t.deepEqual([how, stderr, await talked], [0, '', 'K.Bye.'])
  })
}

/** Asks a server to quit; what it said. */
async function quit(port: number): Promise<string> {
  const client = await SocketClient.open({ host: '127.0.0.1', port, family: 'IPv4' })
  client.send('known?quit?')
  await client.ended
  client.socket.end()
  return client.received
}
