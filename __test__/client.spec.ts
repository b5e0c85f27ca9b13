/** The client, against servers that misbehave on purpose. */

import { deepStrictEqual } from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { connect } from '../src/client.ts'
import type { LancelotError } from '../src/errors.ts'

const TIMEOUT = 'ERR_LANCELOT_CLIENT_TIMEOUT'
const CLOSED = 'ERR_LANCELOT_CLIENT_CLOSED'

/** Starts a server that does whatever `serve` does with each socket; returns its port. */
async function listen(t: ExecutionContext, serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('end', () => socket.end())
    serve(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** Calls back once for each question that ends in `?`. */
function eachQuestion(socket: Socket, answer: (question: string) => void): void {
  let rest = ''
  socket.on('data', piece => {
    const questions = (rest + piece.toString('latin1')).split('?')
    rest = questions.pop() ?? ''
    for (const question of questions) answer(question)
  })
}

function echo(socket: Socket): void {
  eachQuestion(socket, question => socket.write(`${question}.`, 'latin1'))
}

async function failure(t: ExecutionContext, promise: Promise<unknown>): Promise<LancelotError> {
  return (await t.throwsAsync(promise)) as LancelotError
}

test('an answer comes with its terminator', async t => {
  const client = await connect({ port: await listen(t, echo) })
  t.is(await client.ask('Blue?'), 'Blue.')
  await client.close()
})

test('questions not awaited are pipelined and answered in order', async t => {
  const client = await connect({ port: await listen(t, echo) })
  const questions = Array.from({ length: 100 }, (_, index) => `question ${index}`)
  const answers = await Promise.all(questions.map(question => client.ask(`${question}?`)))
  t.deepEqual(
    answers,
    questions.map(question => `${question}.`),
  )
  await client.close()
})

test('answers are the same however the stream is cut', async t => {
  const answer = fc.constantFrom('', 'a', '\r', 'a\r\r', '\n', 'one\ntwo')
  const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 4 }))
  await fc.assert(
    fc.asyncProperty(
      fc.array(answer, { minLength: 1, maxLength: 6 }),
      cuts,
      async (answers, sizes) => {
        const stream = answers.map(text => `${text}\r\n`).join('')
        const wanted = stream
          .split('\r\n')
          .slice(0, -1)
          .map(text => `${text}\r\n`)
        const port = await listen(t, socket => {
          let asked = 0
          eachQuestion(socket, () => {
            asked += 1
            if (asked === wanted.length) trickle(socket, stream, sizes)
          })
        })
        const client = await connect({ port, terminator: '\r\n' })
        deepStrictEqual(await Promise.all(wanted.map(() => client.ask('?'))), wanted)
        await client.close()
      },
    ),
    { numRuns: 30 },
  )
  t.pass()
})

/** Writes a stream in pieces of these sizes, each in a segment of its own. */
async function trickle(socket: Socket, stream: string, sizes: fc.Stream<number>): Promise<void> {
  let start = 0
  for (const size of sizes) {
    if (start >= stream.length) return
    const piece = stream.slice(start, start + size)
    start += size
    await new Promise(resolve => socket.write(piece, resolve))
    await new Promise(resolve => setImmediate(resolve))
  }
}

test('a character of several bytes may be cut in the middle', async t => {
  const port = await listen(t, socket => {
    socket.once('data', () => {
      socket.write(Buffer.from([0x63, 0xe2, 0x82]), () => socket.write(Buffer.from([0xac, 0x2e])))
    })
  })
  const client = await connect({ port })
  t.is(await client.ask('Price?'), 'c€.')
  await client.close()
})

test('a question may be bytes', async t => {
  const client = await connect({ port: await listen(t, echo) })
  t.is(await client.ask(new Uint8Array([0x61, 0, 0x62, 0x3f])), 'a\0b.')
  await client.close()
})

test('a server that closes early rejects every question and says what had arrived', async t => {
  const port = await listen(t, socket => {
    let asked = 0
    eachQuestion(socket, () => {
      asked += 1
      if (asked === 3) socket.end('One.Tw')
    })
  })
  const client = await connect({ port })
  const [first, second, third] = [client.ask('1?'), client.ask('2?'), client.ask('3?')]
  const [secondFailed, thirdFailed] = [failure(t, second), failure(t, third)]
  t.is(await first, 'One.')
  t.like(await secondFailed, { code: CLOSED, received: Buffer.from('Tw') })
  t.like(await thirdFailed, { code: CLOSED, received: Buffer.alloc(0) })
  const later = await failure(t, client.ask('4?'))
  t.is(later.code, CLOSED)
  await client.close()
})

test('what had arrived in several pieces is told whole', async t => {
  const port = await listen(t, socket => {
    socket.once('data', () => {
      socket.write('One.Tw', () => setImmediate(() => socket.write('o an', () => socket.end('d'))))
    })
  })
  const client = await connect({ port })
  const [first, second] = [client.ask('1?'), failure(t, client.ask('2?'))]
  t.is(await first, 'One.')
  t.is((await second).received?.toString(), 'Two and')
  await client.close()
})

test('a server that resets rejects every question', async t => {
  const port = await listen(t, socket => {
    socket.once('data', () => socket.resetAndDestroy())
  })
  const client = await connect({ port })
  t.is((await failure(t, client.ask('1?'))).code, CLOSED)
  await client.close()
})

test('a question that is not answered in time closes the connection', async t => {
  const port = await listen(t, socket => {
    socket.once('data', () => socket.write('Half an ans'))
  })
  const client = await connect({ port, timeoutMsMax: 60_000 })
  const late = failure(t, client.ask('1?', { timeoutMsMax: 100 }))
  const other = failure(t, client.ask('2?'))
  t.is((await late).code, TIMEOUT)
  t.is((await other).code, CLOSED)
  t.is((await failure(t, client.ask('3?'))).code, CLOSED)
  await client.close()
})

test('a timeout of a later question takes nothing from the earlier one', async t => {
  const port = await listen(t, socket => {
    socket.once('data', () => socket.write('Half'))
  })
  const client = await connect({ port, timeoutMsMax: 60_000 })
  const first = failure(t, client.ask('1?'))
  const second = failure(t, client.ask('2?', { timeoutMsMax: 100 }))
  t.like(await second, { code: TIMEOUT, received: Buffer.alloc(0) })
  t.is((await first).code, CLOSED)
  await client.close()
})

test('a server that speaks unasked is not believed', async t => {
  const port = await listen(t, socket => socket.resume().write('Hello.'))
  const client = await connect({ port, timeoutMsMax: 60_000 })
  // Whether the greeting comes before or after the question, no answer is left over.
  await client.ask('1?').then(
    answer => t.is(answer, 'Hello.'),
    error => t.is(error.code, CLOSED),
  )
  await client.close()
})

test('an answer longer than answerBytesMax closes the connection', async t => {
  const port = await listen(t, socket => {
    eachQuestion(socket, question => socket.write(question === 'long' ? '12345.' : '1234.'))
  })
  const client = await connect({ port, answerBytesMax: 4 })
  t.is(await client.ask('short?'), '1234.')
  const error = await failure(t, client.ask('long?'))
  t.is(error.code, CLOSED)
  t.regex(error.message, /answerBytesMax \(4\)/)
  await client.close()
})

test('closing rejects the questions that wait', async t => {
  const client = await connect({ port: await listen(t, socket => socket.resume()) })
  const waiting = failure(t, client.ask('1?'))
  await client.close()
  t.is((await waiting).code, CLOSED)
})

test('closing twice is closing once, and disposing is closing', async t => {
  const client = await connect({ port: await listen(t, echo) })
  await Promise.all([client.close(), client.close(), client[Symbol.asyncDispose]()])
  t.is((await failure(t, client.ask('1?'))).code, CLOSED)
})

test('a closed client has sent everything that was asked', async t => {
  const { promise, resolve } = withResolvers<string>()
  const port = await listen(t, socket => {
    let all = ''
    socket.on('data', piece => {
      all += piece
    })
    socket.on('end', () => resolve(all))
  })
  const client = await connect({ port })
  client.ask('half a que').catch(() => {})
  await client.close()
  t.is(await promise, 'half a que')
})

test('aborting the signal closes the client', async t => {
  const controller = new AbortController()
  const port = await listen(t, () => {})
  const client = await connect({ port, signal: controller.signal })
  const waiting = failure(t, client.ask('1?'))
  controller.abort(new Error('enough'))
  const error = await waiting
  t.is(error.code, CLOSED)
  t.is((error.cause as Error).message, 'enough')
})

test('an aborted signal does not connect', async t => {
  const error = await failure(t, connect({ port: 9, signal: AbortSignal.abort() }))
  t.is(error.code, CLOSED)
})

test('no server is told by the code of the system', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const error = await failure(t, connect({ port }))
  t.is(error.code, 'ECONNREFUSED')
  t.is(error.syscall, 'connect')
  t.true(error.message.includes(String(port)))
})

for (const [options, code] of [
  [{ prot: 1 }, 'ERR_LANCELOT_OPTION_UNKNOWN'],
  [{ port: 'x' }, 'ERR_LANCELOT_OPTION_TYPE'],
  [{ port: 0 }, 'ERR_LANCELOT_OPTION_RANGE'],
  [{ port: 65_536 }, 'ERR_LANCELOT_OPTION_RANGE'],
  [{ host: '' }, 'ERR_LANCELOT_OPTION_RANGE'],
  [{ host: 1 }, 'ERR_LANCELOT_OPTION_TYPE'],
  [{ terminator: '' }, 'ERR_LANCELOT_OPTION_RANGE'],
  [{ terminator: 1 }, 'ERR_LANCELOT_OPTION_TYPE'],
  [{ terminator: 'x'.repeat(17) }, 'ERR_LANCELOT_OPTION_RANGE'],
  [{ timeoutMsMax: 0 }, 'ERR_LANCELOT_OPTION_RANGE'],
  [{ timeoutMsMax: 2 ** 31 }, 'ERR_LANCELOT_OPTION_RANGE'],
  [{ answerBytesMax: 1.5 }, 'ERR_LANCELOT_OPTION_RANGE'],
  [{ signal: {} }, 'ERR_LANCELOT_OPTION_TYPE'],
  [null, 'ERR_LANCELOT_OPTION_TYPE'],
] as const) {
  test(`an option that is not allowed is refused: ${JSON.stringify(options)}`, async t => {
    t.is((await failure(t, connect(options as object))).code, code)
  })
}

test('an option of a question that is not allowed is refused', async t => {
  const client = await connect({ port: await listen(t, echo) })
  const error = await failure(t, client.ask('1?', { timeoutMsMax: -1 }))
  t.is(error.code, 'ERR_LANCELOT_OPTION_RANGE')
  t.is(await client.ask('still there?'), 'still there.')
  await client.close()
})

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>(settle => {
    resolve = settle
  })
  return { promise, resolve }
}
