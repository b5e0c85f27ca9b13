/** The process of `inetd` under a super-server that is not ours, which this plays. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { SocketClient } from '../socket-client.ts'

const PROGRAM = fileURLToPath(new URL('../../dist/src/crew/inetd-member.js', import.meta.url))
const UNKNOWN = 'Error: unknown question.'

/** A file for one test. */
function write(t: ExecutionContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'lancelot-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'answers.json')
  writeFileSync(path, text)
  return path
}

/**
 * Accepts one connection and starts the program with it, as inetd does: the socket is its input,
 * its output and where it prints its errors. Resolves to the exit code once it has ended.
 */
async function serve(
  t: ExecutionContext,
  words: readonly string[],
): Promise<{ client: SocketClient; ended: Promise<number | null> }> {
  const superServer = createServer({ allowHalfOpen: true, pauseOnConnect: true })
  superServer.listen(0, '127.0.0.1')
  await once(superServer, 'listening')
  const ended = new Promise<number | null>((resolve, reject) => {
    superServer.once('connection', socket => {
      const child: ChildProcess = spawn(process.execPath, [PROGRAM, ...words], {
        stdio: [socket, socket, socket],
        env: { ...process.env, NODE_OPTIONS: '' },
      })
      t.teardown(() => child.kill())
      child.once('error', reject)
      child.once('exit', resolve)
      // The program has descriptors of its own.
      socket.destroy()
      superServer.close()
    })
  })
  const { address, port, family } = superServer.address() as AddressInfo
  const client = await SocketClient.open({ host: address, port, family: family as 'IPv4' })
  return { client, ended }
}

test('a super-server is answered from the file, in order, to the last request', async t => {
  const answers = write(t, JSON.stringify({ x: 'X.', 'y?': { answer: 'Y.', close: false } }))
  const { client, ended } = await serve(t, [answers])
  client.send('x?y')
  await client.expect('X.')
  client.send('?z?x?')
  // It has finished sending, and gets all that it asked for.
  client.socket.end()
  t.is(await client.ended, 'fin')
  t.is(client.received, `X.Y.${UNKNOWN}X.`)
  t.is(await ended, 0)
})

test('what came before the program could read is answered too', async t => {
  const { client, ended } = await serve(t, [write(t, JSON.stringify({ x: 'X.' }))])
  client.send('x?')
  t.is(await client.finish(), 'fin')
  t.is(client.received, 'X.')
  t.is(await ended, 0)
})

test('an answer that closes ends the program', async t => {
  const answers = write(t, JSON.stringify({ quit: { answer: 'Bye.', close: true } }))
  const { client, ended } = await serve(t, [answers])
  client.send('quit?')
  t.is(await client.ended, 'fin')
  t.is(client.received, 'Bye.')
  client.socket.end()
  t.is(await ended, 0)
})

test('without a file every request is unknown', async t => {
  const { client, ended } = await serve(t, [])
  client.send('x?')
  await client.expect(UNKNOWN)
  t.is(await client.finish(), 'fin')
  t.is(client.received, UNKNOWN)
  t.is(await ended, 0)
})

test('a peer that resets ends the program', async t => {
  const { client, ended } = await serve(t, [])
  client.send('x?')
  await client.expect(UNKNOWN)
  client.reset()
  t.is(await ended, 0)
})

for (const [what, path] of [
  ['broken', (t: ExecutionContext) => write(t, '{ "x": ')],
  ['no table of answers', (t: ExecutionContext) => write(t, '{ "x": 1 }')],
  ['refused', (t: ExecutionContext) => write(t, JSON.stringify({ 'x?y': 'never asked' }))],
  ['missing', () => '/nowhere/answers.json'],
] as const) {
  test(`a file that is ${what} ends the program, and nothing is printed to the peer`, async t => {
    const { client, ended } = await serve(t, [path(t)])
    t.is(await client.ended, 'fin')
    t.is(client.received, '')
    client.socket.end()
    t.is(await ended, 78)
  })
}
