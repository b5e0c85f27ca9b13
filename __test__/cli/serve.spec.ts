/** `lancelot serve`: what it says, what it serves, and how it stops. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect as connectSocket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { connect } from '../../src/client.ts'
import { Peer } from '../conformance/peer.ts'
import { run, serve } from './run-cli.ts'

function addressOf(port: string): { host: string; port: number; family: 'IPv4' } {
  return { host: '127.0.0.1', port: Number(port), family: 'IPv4' }
}

test('it says where it listens and what to try, logs each connection, and drains', async t => {
  const { server, port } = await serve(t)
  t.regex(server.stdout, /try: (npx )?lancelot ask 127\.0\.0\.1 --port \d+ --protocol lancelot\n/)
  const client = await connect({ port: Number(port) })
  t.is(await client.ask('What is your quest?'), 'To seek the Holy Grail.')
  await client.close()
  await server.until(/#1 opened from 127\.0\.0\.1:\d+\n/)
  await server.until(/#1 closed: finished, 1 request, 19 bytes in, 23 out, \d+ ms\n/)
  server.kill('SIGINT')
  const { code, stdout, stderr } = await server.ended()
  t.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  t.regex(stdout, /stopped: 0 drained, 0 cut\n$/)
})

test('SIGTERM drains what is open', async t => {
  const { server, port } = await serve(t, '--protocol', 'zen')
  const peer = await Peer.connect(addressOf(port))
  await peer.send('Simple is better than?What is?')
  await peer.expect('Complex.Error: unknown aphorism.')
  server.kill('SIGTERM')
  await peer.readToEnd()
  const { code, stdout } = await server.ended()
  t.is(code, 0)
  t.regex(stdout, /stopped: 1 drained, 0 cut\n$/)
})

test('as JSON there is one line for each event', async t => {
  const { server, port } = await serve(t, '--json')
  const client = await connect({ port: Number(port) })
  await client.ask('What is your quest?')
  await client.close()
  await server.until(/"event":"close"/)
  server.kill('SIGINT')
  const { code, stdout } = await server.ended()
  const events = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  t.is(code, 0)
  const names = events.map(({ event }) => event)
  t.deepEqual(names, ['listening', 'connection', 'close', 'stopping', 'stopped'])
  t.like(events[0], { host: '127.0.0.1', family: 'IPv4', architecture: 'callback' })
  t.like(events[2], { id: 1, code: 'finished', requests: 1, bytesRead: 19, bytesWritten: 23 })
  t.like(events[4], { drained: 0, cut: 0 })
})

test('the architecture poll is served and stopped the same way', async t => {
  const { server, port } = await serve(t, '--architecture', 'poll')
  t.regex(server.stdout, /architecture poll/)
  const client = await connect({ port: Number(port) })
  t.is(await client.ask('What is your quest?'), 'To seek the Holy Grail.')
  await client.close()
  await server.until(/closed: finished, 1 request, 19 bytes in, 23 out/)
  server.kill('SIGTERM')
  const { code, stdout } = await server.ended()
  t.is(code, 0)
  t.regex(stdout, /stopped: 0 drained, 0 cut\n$/)
})

test('quiet says nothing of connections', async t => {
  const { server, port } = await serve(t, '--quiet')
  const client = await connect({ port: Number(port) })
  await client.ask('What is your quest?')
  await client.close()
  server.kill('SIGINT')
  const { stdout } = await server.ended()
  t.notRegex(stdout, /#1/)
})

test('an answers file, a delimiter and an unknown answer are served', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'lancelot-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'answers.json')
  await writeFile(path, '{"ping": "pong\\r\\n", "quit": {"answer": "bye\\r\\n", "close": true}}')
  const words = ['--answers', path, '--delimiter', '\\r\\n', '--unknown-answer', 'what\\r\\n']
  const { server, port } = await serve(t, ...words)
  t.regex(server.stdout, /try: (npx )?lancelot ask .* 'a request\\r\\n'/)
  const peer = await Peer.connect(addressOf(port))
  await peer.send('ping\r\npong\r\nquit\r\nping\r\n')
  await peer.readToEnd()
  t.is(peer.out, 'pong\r\nwhat\r\nbye\r\n')
  peer.finish()
  await server.until(/closed: answer-close/)
  server.kill('SIGTERM')
  t.is((await server.ended()).code, 0)
})

test('a second signal cuts what a peer does not take', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'lancelot-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'answers.json')
  await writeFile(path, JSON.stringify({ big: 'x'.repeat(1_000_000) }))
  const { server, port } = await serve(t, '--answers', path, '--drain-ms-max', '600000')
  const socket = connectSocket({ host: '127.0.0.1', port: Number(port) }).pause()
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  socket.write('big?'.repeat(100))
  await server.until(/#1 opened/)
  server.kill('SIGTERM')
  await server.until(/draining for at most 600000 ms/)
  server.kill('SIGTERM')
  const { code, stdout } = await server.ended()
  t.is(code, 0)
  t.regex(stdout, /cutting what is left\n[\s\S]*stopped: 0 drained, 1 cut\n$/)
})

test('a port in use is exit 1 and one sentence with the code', async t => {
  const { port } = await serve(t)
  const { code, stdout, stderr } = await run(
    t,
    'serve',
    '--architecture',
    'callback',
    '--port',
    port,
  )
  t.deepEqual({ code, stdout }, { code: 1, stdout: '' })
  t.regex(stderr, /^lancelot: .*\(EADDRINUSE\)\n$/)
  t.true(stderr.includes(port))
})

test('an answers file that cannot be read is exit 1', async t => {
  const path = join(tmpdir(), 'lancelot-no-such-folder', 'answers.json')
  const { code, stderr } = await run(
    t,
    'serve',
    '--architecture',
    'callback',
    '--answers',
    path,
    '--json',
  )
  t.is(code, 1)
  t.is(JSON.parse(stderr).error.code, 'ERR_LANCELOT_ANSWERS_FILE')
})

for (const [words, says] of [
  [['serve', '--prot', '1'], /unknown option '--prot'/],
  [['serve', '--architecture', 'go'], /Allowed choices are one-at-a-time, thread/],
  [['serve', '--protocol', 'latin'], /Allowed choices are lancelot, zen/],
  [['serve', '--port', 'x'], /A whole number is expected/],
  [['serve', '--architecture', 'callback', '--port', '70000'], /ERR_LANCELOT_OPTION_RANGE/],
  [['serve', '--answers', 'a.json', '--protocol', 'zen'], /cannot be used with/],
  [['serve', '--answers', 'a.json', '--delimiter', '\\q'], /\\q is no escape/],
  [['ask'], /missing required argument 'host'/],
  [['ask', 'localhost', '--port', '0'], /ERR_LANCELOT_OPTION_RANGE/],
  [['conquer'], /unknown command 'conquer'/],
] as const) {
  test(`wrong use is exit 2 and one sentence: ${words.join(' ')}`, async t => {
    const { code, stdout, stderr } = await run(t, ...words)
    t.deepEqual({ code, stdout }, { code: 2, stdout: '' })
    t.regex(stderr, says)
    t.regex(stderr, /^lancelot: [^\n]*\n$/)
  })
}

test('wrong use is told as JSON where that was asked for', async t => {
  const { code, stderr } = await run(t, 'serve', '--json', '--prot', '1')
  t.is(code, 2)
  t.is(JSON.parse(stderr).error.code, 'commander.unknownOption')
})

test('the help tells the commands and the exit codes', async t => {
  const { code, stdout } = await run(t, '--help')
  t.is(code, 0)
  for (const part of ['serve', 'ask', 'Exit codes:', '2  wrong use']) t.true(stdout.includes(part))
  t.regex((await run(t, 'serve', '--help')).stdout, /--drain-ms-max.*[\s\S]*Exit codes:/)
})
