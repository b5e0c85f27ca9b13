/** Why a server could not listen: the system's code, advice, and nothing left open. */

import { readFile } from 'node:fs/promises'
import test from 'ava'
import { type LancelotError, startPollServer } from '../../index.ts'
import { listenError } from '../../src/listen-error.ts'
import { systemFault } from '../../src/native.ts'
import { runChild } from './child.ts'

const FIRST_FREE_PORT = '/proc/sys/net/ipv4/ip_unprivileged_port_start'

test('a port in use is refused with the code, the call and the number of the system', async t => {
  const first = await startPollServer({ port: 0 })
  const { port } = first.address
  const error = await t.throwsAsync<LancelotError>(startPollServer({ port }))
  t.is(error.code, 'EADDRINUSE')
  t.is(error.syscall, 'listen')
  t.true((error.errno ?? 0) < 0)
  t.regex(error.message, new RegExp(`^port ${port} on 127.0.0.1 is in use: `))
  await first.close()
  const second = await startPollServer({ port })
  t.is(second.address.port, port)
  await second.close()
})

test('an address of another machine is refused', async t => {
  const error = await t.throwsAsync(startPollServer({ port: 0, host: '192.0.2.1' }), {
    code: 'EADDRNOTAVAIL',
  })
  t.regex(error.message, /^192\.0\.2\.1 is no address of this machine: /)
})

test('a name that nobody knows is refused', async t => {
  const error = await t.throwsAsync<LancelotError>(
    startPollServer({ port: 0, host: 'no such host' }),
    { code: 'ENOTFOUND' },
  )
  t.is(error.syscall, 'getaddrinfo')
  t.regex(error.message, /^host no such host could not be found: /)
})

test('a port without permission is refused with advice', t => {
  const fault = systemFault(new Error('errno 13: Permission denied (os error 13)'))
  t.like(fault, { code: 'EACCES', errno: -13, syscall: 'listen' })
  const error = listenError(fault, '127.0.0.1', 79)
  t.is(error.code, 'EACCES')
  t.is(
    error.message,
    'port 79 on 127.0.0.1 is not allowed: choose one over 1023, or get the permission',
  )
})

test('a process without the permission is denied the port', async t => {
  const firstFree = Number(await readFile(FIRST_FREE_PORT, 'utf8').catch(() => '0'))
  if (firstFree <= 1) {
    t.pass('this system allows every port to everybody')
    return
  }
  const { how, lines, stderr } = await runChild('denied.mjs', [String(firstFree - 1)])
  t.is(stderr, '')
  t.is(how, 0)
  t.regex(lines.join(), /^EACCES listen port \d+ on 127\.0\.0\.1 is not allowed: /)
})

test('a name is resolved, and both families listen', async t => {
  for (const [host, family] of [
    ['localhost', undefined],
    ['127.0.0.1', 'IPv4'],
    ['::1', 'IPv6'],
  ] as const) {
    const server = await startPollServer({ port: 0, host }).catch((error: LancelotError) => error)
    if (server instanceof Error) {
      // Only a machine without IPv6 may refuse one of these.
      t.true(host !== '127.0.0.1' && /^(EADDRNOTAVAIL|EAFNOSUPPORT)$/.test(server.code))
      continue
    }
    if (family !== undefined) t.is(server.address.family, family)
    t.true(server.address.port > 0)
    await server.close()
  }
})

test('what was refused leaves nothing that keeps the process alive', async t => {
  const { how, lines, stderr } = await runChild('refused.mjs', [])
  t.is(stderr, '')
  t.is(how, 0)
  t.deepEqual(lines, [
    'EADDRINUSE',
    'EADDRNOTAVAIL',
    'ENOTFOUND',
    'ERR_LANCELOT_ANSWER_KEY',
    'ERR_LANCELOT_OPTION_RANGE',
    '20',
  ])
})
