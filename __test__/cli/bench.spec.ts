/** `lancelot bench`: what it refuses, what it writes, and how it exits. */

import { readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { startJsServer } from '../../index.ts'
import { lancelot } from '../../src/protocols/lancelot.ts'
import { zen } from '../../src/protocols/zen.ts'
import type { ServerOptions } from '../../src/types.ts'
import { hasGenerator } from '../load/has-generator.ts'
import { interrupted } from './interrupted.ts'
import { run } from './run-cli.ts'

const SHORT = ['--seconds', '0.3', '--warm-seconds', '0.1']

async function serve(t: ExecutionContext, options: ServerOptions): Promise<string> {
  const server = await startJsServer({ ...options, port: 0 })
  t.teardown(() => server.close({ drainMsMax: 0 }))
  return String(server.address.port)
}

/** A path that nobody has, whose file goes with the test. */
function temporary(t: ExecutionContext, name: string): string {
  const path = join(tmpdir(), `lancelot-${process.pid}-${name}`)
  t.teardown(() => rm(path, { force: true }))
  return path
}

test('wrong use is refused before anything is measured, and exits with 2', async t => {
  const refused: [string[], RegExp][] = [
    [[], /missing required argument 'target'/],
    [['1', '--cycles', '1,2'], /argument '1,2' is invalid\. Numbers of users are expected/],
    [['1', '--rate', '1', '--cycles'], /--rate and --cycles is given together/],
    [['1', '--json', '--csv'], /--json and --csv is both without a file/],
  ]
  await Promise.all(
    refused.map(async ([words, message]) => {
      const { code, stdout, stderr } = await run(t, 'bench', ...words)
      t.deepEqual([code, stdout], [2, ''], words.join(' '))
      t.regex(stderr, message)
    }),
  )
})

test('where nobody listens it says so and exits with 1', async t => {
  const server = await startJsServer({ port: 0 })
  await server.close()
  const { code, stderr } = await run(t, 'bench', String(server.address.port))
  t.is(code, 1)
  t.regex(stderr, /nobody takes connections at 127\.0\.0\.1:\d+ .*\(ERR_LANCELOT_TARGET\)\n$/)
})

test('a file of exchanges that is none is refused with what was expected', async t => {
  const file = temporary(t, 'none.json')
  await writeFile(file, '[["only one"]]')
  const { code, stderr } = await run(t, 'bench', '1', '--exchanges', file)
  t.is(code, 1)
  t.regex(stderr, /entry 1 is \["only one"\]; expected a JSON list of \[request, response\] pairs/)
})

test('a file of results that cannot be written is told before anything is measured', async t => {
  const { code, stderr } = await run(t, 'bench', '1', '--csv', join(tmpdir(), 'no', 'such.csv'))
  t.is(code, 2)
  t.regex(stderr, /such\.csv cannot be written: ENOENT.*\(ERR_LANCELOT_OPTION_RANGE\)\n$/)
})

test('the help shows examples and what --fail-if takes', async t => {
  const { code, stdout } = await run(t, 'bench', '--help')
  t.is(code, 0)
  t.regex(stdout, /lancelot bench 1060 --cycles +FunkLoad's: 1:2:3:5:7:10:13:16:20/)
  t.regex(stdout, /--fail-if takes p50 p90 p99 p999 max mean cpu/)
})

const measured = hasGenerator() ? test : test.skip

for (const words of [
  ['--users', '2', '--depth', '8', '--questions', '3'],
  ['--rate', '300', '--arrivals', 'constant'],
  ['--sessions', '50', '--questions', '2'],
]) {
  measured(`every answer to ${words.join(' ')} is right`, async t => {
    const port = await serve(t, lancelot.options)
    const { code, stdout, stderr } = await run(t, 'bench', port, ...words, ...SHORT, '--json')
    t.is(code, 0, stderr)
    const { results } = JSON.parse(stdout)
    t.like(results[0], { target: { port: Number(port), pid: process.pid }, errors: 0 })
    t.true(results[0].figures.counts.right > 0)
    t.true(results[0].figures.server.cpuPerRequestUs > 0)
    t.regex(stderr, / {2}1 s: [\d,]+\/s, p50 .*, no errors\n$/)
  })
}

measured('wrong answers are counted, and a condition that came true exits with 3', async t => {
  const port = await serve(t, zen.options)
  const words = ['--users', '1', '--fail-if', 'wrong > 0', '--fail-if', 'wrong < 0', ...SHORT]
  const { code, stdout, stderr } = await run(t, 'bench', `zen=${port}`, ...words)
  t.is(code, 3)
  t.regex(stdout, /\n {2}zen, 1 user +0 +0 +[1-9][\d,]* +0/)
  t.regex(stderr, /lancelot: wrong > 0 came true for zen, 1 user: [\d,]+\n$/)
})

measured('exchanges are asked from a file, and results are written to files', async t => {
  const port = await serve(t, zen.options)
  const [exchanges, csv, hdr] = ['asked.json', 'rows.csv', 'log.hlog'].map(name =>
    temporary(t, name),
  ) as [string, string, string]
  await writeFile(exchanges, '[["Simple is better than?", "Complex."]]')
  const words = ['--cycles', '1:2', '--exchanges', exchanges, '--csv', csv, '--hdr', hdr, ...SHORT]
  const { code, stdout, stderr } = await run(t, 'bench', port, ...words)
  t.is(code, 0, stderr)
  t.regex(stdout, /Closed load: who is kept waiting asks less/)
  const rows = (await readFile(csv, 'utf8')).trimEnd().split('\r\n')
  t.deepEqual(
    rows.map(row => row.split(',')[3]),
    ['step', '1 user', '2 users'],
  )
  t.regex(await readFile(hdr, 'utf8'), /^#\[Histogram log format version 1\.3\]\n(.*\n)+Tag=/)
})

measured('Ctrl-C ends a measurement, and those before it are told', async t => {
  const port = await serve(t, lancelot.options)
  const words = ['bench', port, '--cycles', '1:2', ...SHORT, '--seconds', '1']
  const { code, stdout, stderr } = await interrupted(t, /2 of 2: /, ...words)
  t.is(code, 1, stderr)
  t.regex(stderr, /SIGINT; ended 1 processes that it had started\n$/)
  t.regex(stdout, /\n {2}\d+, 1 user +[1-9]/)
  t.notRegex(stdout, /2 users/)
})
