/** `lancelot ask`: what it prints, and how it exits. */

import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { startJsServer } from '../../index.ts'
import { lancelot } from '../../src/protocols/lancelot.ts'
import { zen } from '../../src/protocols/zen.ts'
import type { ServerOptions } from '../../src/types.ts'
import { run } from './run-cli.ts'

async function serve(t: ExecutionContext, options: ServerOptions): Promise<string> {
  const server = await startJsServer({ ...options, port: 0 })
  t.teardown(() => server.close({ drainMsMax: 0 }))
  return String(server.address.port)
}

/** A server of node:net that does what `talk` does. */
async function listen(t: ExecutionContext, talk: (socket: Socket) => void): Promise<string> {
  const server = createServer(socket => {
    socket.on('error', () => {})
    t.teardown(() => socket.destroy())
    talk(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return String((server.address() as AddressInfo).port)
}

test('without questions the three are asked, one answer a line', async t => {
  const port = await serve(t, lancelot.options)
  t.deepEqual(await run(t, 'ask', '127.0.0.1', '--port', port), {
    code: 0,
    stdout: 'My name is Sir Lancelot of Camelot.\nTo seek the Holy Grail.\nBlue.\n',
    stderr: '',
  })
})

test('a protocol has its own questions', async t => {
  const port = await serve(t, zen.options)
  const { code, stdout } = await run(t, 'ask', '127.0.0.1', '--port', port, '--protocol', 'zen')
  t.deepEqual({ code, stdout }, { code: 0, stdout: 'Ugly.\nImplicit.\nComplex.\n' })
})

test('questions given are asked in order, as JSON where wanted', async t => {
  const port = await serve(t, zen.options)
  const questions = ['Simple is better than?', 'Nonsense?']
  const { code, stdout } = await run(t, 'ask', '127.0.0.1', ...questions, '--port', port, '--json')
  const lines = stdout.trimEnd().split('\n')
  t.is(code, 0)
  t.deepEqual(
    lines.map(line => JSON.parse(line)),
    [
      { question: 'Simple is better than?', answer: 'Complex.' },
      { question: 'Nonsense?', answer: 'Error: unknown aphorism.' },
    ],
  )
})

test('questions and the terminator may hold escapes', async t => {
  const options = { delimiter: '\r\n', answerSuffix: '\r\n', answers: { ping: 'pong' } }
  const port = await serve(t, options)
  const words = ['ask', '127.0.0.1', 'ping\\r\\n', '--terminator', '\\r\\n', '--port', port]
  t.like(await run(t, ...words), { code: 0, stdout: 'pong\r\n\n' })
})

test('a mistake is sent without its end, and is no failure', async t => {
  const { promise, resolve } = withResolvers<string>()
  const port = await listen(t, socket => {
    let all = ''
    socket.on('data', piece => {
      all += piece
    })
    socket.on('end', () => resolve(all))
  })
  const ended = await run(t, 'ask', '127.0.0.1', '--port', port, '--protocol', 'zen', '--mistake')
  t.deepEqual(ended, { code: 0, stdout: '', stderr: '' })
  t.is(await promise, 'Beautiful is better than')
})

test('no server is exit 1 and one sentence with the code', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  const { code, stdout, stderr } = await run(t, 'ask', '127.0.0.1', '--port', String(port))
  t.deepEqual({ code, stdout }, { code: 1, stdout: '' })
  t.regex(stderr, /^lancelot: .*\(ECONNREFUSED\)\n$/)
})

test('a server that closes early is exit 1', async t => {
  const port = await listen(t, socket => socket.once('data', () => socket.end('My na')))
  const { code, stderr } = await run(t, 'ask', '127.0.0.1', '--port', port)
  t.is(code, 1)
  t.regex(stderr, /\(ERR_LANCELOT_CLIENT_CLOSED\)\n$/)
})

test('a server that does not answer is exit 1', async t => {
  const port = await listen(t, () => {})
  const words = ['ask', '127.0.0.1', '--port', port, '--timeout-ms-max', '100', '--json']
  const { code, stderr } = await run(t, ...words)
  t.is(code, 1)
  t.is(JSON.parse(stderr).error.code, 'ERR_LANCELOT_CLIENT_TIMEOUT')
})

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>(settle => {
    resolve = settle
  })
  return { promise, resolve }
}
