/** `lancelot compare`: what it refuses, what it writes, and how it exits. */

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import type { RunFile } from '../../src/load/run-file.ts'
import { interrupted } from './interrupted.ts'
import { run } from './run-cli.ts'

const WRONG: readonly [what: string, words: string[], stderr: RegExp][] = [
  ['an unknown architecture', ['--architecture', 'pol'], /Did you mean poll\?/],
  ['a command without a name', ['--command', 'python3 x.py {port}'], /expected 'name=command/],
  ['a command without a port', ['--command', 'py=python3 x.py'], /\{port\} is missing/],
  ['one design alone', ['--architecture', 'poll'], /only poll is to be compared/],
  [
    'two of one name',
    ['--architecture', 'poll', '--command', 'poll=x {port}'],
    /two contestants are named 'poll'/,
  ],
  ['an unknown metric', ['--metrics', 'p50,p90'], /no 'p90'; .* Did you mean p50\?/],
  ['a margin of nothing', ['--margin', 'p50=0'], /number over 0/],
  ['no minutes', ['--minutes', '0'], /number over 0/],
  ['users without number', ['--users', 'many'], /whole number/],
  ['too many at once', ['--depth', '100000'], /from 1 to 1000/],
  ['an objective that no search keeps', ['--objective-ms', '101'], /100 at the most/],
  ['a file in no folder', ['--json', '/no/such/folder/run.json'], /cannot be written/],
  ['a folder as a file', ['--report', tmpdir()], /cannot be written: EISDIR/],
  ['a choice without a file', ['--only', 'go'], /--only is given without --contestants/],
  [
    'a choice that the file has not',
    ['--contestants', 'bench/peers/contestants.json', '--only', 'pythn-poll'],
    /--only names 'pythn-poll'.*did you mean python-poll\?/,
  ],
]

for (const [what, words, stderr] of WRONG) {
  test(`${what} is wrong use`, async t => {
    const ended = await run(t, 'compare', ...words)
    t.is(ended.code, 2, ended.stderr)
    t.regex(ended.stderr, stderr)
    t.is(ended.stdout, '')
  })
}

test('a file of contestants that is none is a failure', async t => {
  const ended = await run(t, 'compare', '--contestants', 'package.json')
  t.is(ended.code, 1)
  t.regex(ended.stderr, /holds no list.*ERR_LANCELOT_RUN_FILE/)
})

test.serial('Ctrl-C ends what was started and says so', async t => {
  const { code, stderr } = await interrupted(t, /gate: callback/, 'compare', '--quick')
  t.is(code, 1, stderr)
  t.regex(stderr, /SIGINT; ended [1-9]\d* processes that it had started\n$/)
})

test.serial('Ctrl-C among the blocks leaves what the blocks before it say', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'lancelot-test-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const json = join(folder, 'run.json')
  const designs = ['--architecture', 'poll', '--architecture', 'select']
  const words = ['compare', '--quick', ...designs, '--metrics', 'cpuPerRequest', '--json', json]
  const { code, stderr } = await interrupted(t, /blocks: block 2/, ...words)
  t.is(code, 4, stderr)
  t.regex(stderr, /SIGINT; ended [1-9]\d* processes that it had started\n$/)
  const { blocks, noVerdict }: RunFile = JSON.parse(await readFile(json, 'utf8'))
  t.is(blocks.length, 1)
  t.regex(noVerdict ?? '', /1 of at least 2 blocks|the instrument failed/)
})

test.serial(
  'a smoke run of two designs writes its file and report, and says what it is',
  async t => {
    const folder = await mkdtemp(join(tmpdir(), 'lancelot-test-'))
    t.teardown(() => rm(folder, { recursive: true }))
    const [json, html] = [join(folder, 'run.json'), join(folder, 'run.html')]
    const designs = ['--architecture', 'poll', '--architecture', 'callback']
    const files = ['--json', json, '--report', html]
    const words = [...designs, ...files, '--metrics', 'cpuPerRequest', '--seed', '3', '--quick']
    const ended = await run(t, 'compare', ...words)
    t.true([0, 4].includes(ended.code ?? -1), ended.stderr)
    const file: RunFile = JSON.parse(await readFile(json, 'utf8'))
    t.is(ended.code, file.noVerdict === null ? 0 : 4, ended.stderr)
    t.deepEqual([file.verdicts.length, file.refused], [file.noVerdict === null ? 1 : 0, []])
    for (const { text } of file.verdicts) t.true(ended.stdout.includes(text))
    if (file.noVerdict !== null) t.true(ended.stdout.includes(`no verdict: ${file.noVerdict}`))
    for (const sentence of file.machine.notSet)
      t.true(ended.stdout.includes(`not set: ${sentence}\n`))
    t.regex(ended.stdout, /This was a smoke run: its figures mean nothing\.\nseed 3\n$/)
    t.regex(ended.stderr, /^note: seed 3; servers on core \d+, the generator on core \d+\n/)
    t.regex(ended.stderr, /\ninstrument: .* left\)\n(.*\n)*gate: poll .*\n(.*\n)*blocks: /)
    t.regex(await readFile(html, 'utf8'), /^<!doctype html>/i)
  },
)
