/** `lancelot bench --tls`: what it refuses, and what it says of a server that speaks TLS. */

import test from 'ava'
import { hasGenerator } from '../load/has-generator.ts'
import { pathOf, serveTls } from '../load/tls-server.ts'
import { run } from './run-cli.ts'

const SHORT = ['--users', '2', '--seconds', '0.5', '--warm-seconds', '0.1']

const measured = hasGenerator() ? test.serial : test.serial.skip

test('wrong use is refused before anything is measured, and exits with 2', async t => {
  const refused: [string[], RegExp][] = [
    [['--tls-name', 'a'], /--tls-name is given; allowed is with --tls only/],
    [['--tls', '--tls-ca', pathOf('none')], /none\.pem cannot be read: ENOENT/],
    [['--tls', '--tls-ca', pathOf('server-key')], /server-key\.pem holds no certificate/],
  ]
  await Promise.all(
    refused.map(async ([words, message]) => {
      const { code, stdout, stderr } = await run(t, 'bench', '1', ...words)
      t.deepEqual([code, stdout], [2, ''], words.join(' '))
      t.regex(stderr, message)
    }),
  )
})

measured('people and programs are told that it was TLS', async t => {
  const port = String(await serveTls(t))
  const text = await run(t, 'bench', port, '--tls', ...SHORT)
  t.is(text.code, 0, text.stderr)
  t.regex(text.stdout, /\nTLS with \d+: TLSv1\.3, TLS_\w+; certificates were not verified/)
  const trusting = ['--tls', '--tls-ca', pathOf('ca'), '--json', ...SHORT]
  const { code, stdout, stderr } = await run(t, 'bench', port, ...trusting)
  t.is(code, 0, stderr)
  const [result] = JSON.parse(stdout).results
  t.like(result, { errors: 0, tls: { version: 'TLSv1.3', isVerified: true } })
  t.true(result.figures.counts.right > 0)
})

measured('a certificate that nobody vouches for is an error with its reason', async t => {
  const port = String(await serveTls(t))
  const words = ['--tls', '--tls-ca', pathOf('other-ca'), ...SHORT]
  const { code, stderr } = await run(t, 'bench', port, ...words)
  t.is(code, 1)
  t.regex(stderr, /no TLS with this server: invalid peer certificate: .*\(ERR_LANCELOT_LOAD\)\n$/)
})
