/** TLS between the load generator and a server of node:tls, and what is told of it. */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { benchJson, benchRows } from '../../src/load/bench-export.ts'
import { benchText } from '../../src/load/bench-text.ts'
import { planTls } from '../../src/load/bench-tls.ts'
import { startGenerator } from '../../src/load/generator.ts'
import type { Model, RunCommand, RunResult } from '../../src/load/load-protocol.ts'
import { FakeGenerator, measured } from './bench-results.ts'
import { hasGenerator } from './has-generator.ts'
import { pathOf, serveTls } from './tls-server.ts'

const RANGE = { code: 'ERR_LANCELOT_OPTION_RANGE' }
const SESSIONS: Model = { kind: 'partly-open', rate: 60, arrivals: 'poisson', questions: 2 }
const MODELS: Readonly<Record<string, Model>> = {
  'a closed load': { kind: 'closed', users: 3, depth: 4 },
  'users who come and go': { kind: 'closed', users: 2, questions: 3 },
  'an open load': { kind: 'open', rate: 300, arrivals: 'poisson', connections: 3 },
  sessions: SESSIONS,
}

const withGenerator = hasGenerator() ? test.serial : test.serial.skip

async function run(t: ExecutionContext, command: Partial<RunCommand>): Promise<RunResult> {
  const generator = await startGenerator()
  t.teardown(() => generator.stop())
  const model: Model = { kind: 'closed', users: 2 }
  return generator.run({
    shape: 'run',
    port: 0,
    model,
    warmMs: 20,
    measureMs: 500,
    lateMs: 60_000,
    ...command,
  })
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  for (const [name, model] of Object.entries(MODELS)) {
    withGenerator(`every answer to ${name} is right through ${version}`, async t => {
      const port = await serveTls(t, { minVersion: version, maxVersion: version })
      const result = await run(t, { port, model, tls: { ca: pathOf('ca') } })
      t.true(result.right > 0)
      const { wrong, lost, late, refused } = result
      t.deepEqual({ wrong, lost, late, refused }, { wrong: 0, lost: 0, late: 0, refused: 0 })
      t.like(result.tls, { version, isVerified: true })
      t.regex(result.tls?.cipherSuite ?? '', /^TLS_[A-Z\d_]+$/)
    })
  }
}

withGenerator('a certificate of somebody else is told, or counted as refused', async t => {
  const port = await serveTls(t)
  const tls = { ca: pathOf('other-ca') }
  const message = /CANNOT_CONNECT: .* no TLS with this server: invalid peer certificate: UnknownIss/
  await t.throwsAsync(run(t, { port, tls }), { code: 'ERR_LANCELOT_LOAD', message })
  const result = await run(t, { port, tls, model: SESSIONS })
  t.is(result.refused, result.due)
  t.true(result.refused > 0)
  t.like(result.tls, { isVerified: true, failure: 'invalid peer certificate: UnknownIssuer' })
})

withGenerator('a server that wants a certificate of its peers refuses all', async t => {
  const ca = readFileSync(pathOf('ca'))
  const port = await serveTls(t, { requestCert: true, rejectUnauthorized: true, ca })
  const message = /no TLS with this server: received fatal alert: /
  await t.throwsAsync(run(t, { port, tls: {} }), { message })
})

withGenerator('a plain server that is asked through TLS is told', async t => {
  const server = createServer(socket => {
    socket.on('error', () => {}).end('What is that?')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  await t.throwsAsync(run(t, { port, tls: {} }), { message: /CANNOT_CONNECT: .*TLS/ })
})

withGenerator('a server of TLS that is asked in plain answers nothing right', async t => {
  const result = await run(t, { port: await serveTls(t) })
  t.is(result.right, 0)
  t.true(result.wrong + result.lost > 0)
  t.is(result.tls, undefined)
})

test('flags of TLS are checked, and certificates read, before anything is measured', async t => {
  t.is(await planTls({}), undefined)
  t.deepEqual(await planTls({ tls: true }), {})
  const planned = await planTls({ tls: true, tlsName: 'a.example', tlsCa: pathOf('ca') })
  t.is(planned?.name, 'a.example')
  t.is(planned?.ca, readFileSync(pathOf('ca'), 'utf8').trim())
  const wrong: [Parameters<typeof planTls>[0], RegExp][] = [
    [{ tlsName: 'a' }, /--tls-name is given; allowed is with --tls only/],
    [{ tlsCa: 'a' }, /--tls-ca is given; allowed is with --tls only/],
    [{ tls: true, tlsName: 'not a name' }, /--tls-name is 'not a name'; allowed is a host name/],
    [{ tls: true, tlsCa: pathOf('none') }, /none\.pem cannot be read: ENOENT.*expected a PEM file/],
    [{ tls: true, tlsCa: pathOf('server-key') }, /server-key\.pem holds no certificate; expected/],
  ]
  for (const [flags, message] of wrong) {
    await t.throwsAsync(planTls(flags), { ...RANGE, message })
  }
})

test('a result says what was agreed on, and whether certificates were verified', async t => {
  const agreed = { version: 'TLSv1.3', cipherSuite: 'TLS_AES_256_GCM_SHA384', isVerified: false }
  const results = await measured(
    { cycles: [1, 2] },
    { tls: {} },
    new FakeGenerator({ tls: agreed }),
  )
  t.is(benchText(results).split('TLS with poll').length, 2)
  t.regex(
    benchText(results),
    /\nTLS with poll: TLSv1\.3, TLS_AES_256_GCM_SHA384; certificates were not verified, since/,
  )
  t.like(JSON.parse(JSON.stringify(benchJson(results, 1))).results[0], { tls: agreed })
  t.is(benchRows(results)[0]?.tls, 'TLSv1.3')
  const failed = { isVerified: true, failure: 'UnknownIssuer' }
  t.regex(
    benchText(await measured({}, { tls: {} }, new FakeGenerator({ tls: failed }))),
    /no handshake was over; certificates were verified; what failed first: UnknownIssuer\./,
  )
  t.notRegex(benchText(await measured({})), /TLS/)
})
