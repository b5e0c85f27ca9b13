/** Contestants: from words, from a file, and the words of a command. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { splitWords } from '../../src/load/command-words.ts'
import {
  architectureContestant,
  commandContestant,
  LANCELOT_EXCHANGES,
  LANCELOT_UNKNOWN,
  readContestants,
  recordOf,
  requireUniqueNames,
} from '../../src/load/contestants.ts'

const WORDS: readonly [text: string, words: string[] | undefined][] = [
  ['', []],
  ['  a \t b\n', ['a', 'b']],
  [`'a b' c`, ['a b', 'c']],
  [`a'b'"c"d`, ['abcd']],
  [`'' ""`, ['', '']],
  [`"a \\" \\\\ \\n"`, ['a " \\ \\n']],
  [`'a\\'`, ['a\\']],
  ['a\\ b \\"', ['a b', '"']],
  ['$HOME *.py | > & ;', ['$HOME', '*.py', '|', '>', '&', ';']],
  [`'a`, undefined],
  ['"a', undefined],
  ['a\\', undefined],
]

for (const [text, words] of WORDS) {
  test(`the words of ${JSON.stringify(text)}`, t => {
    t.deepEqual(splitWords(text), words)
  })
}

test('a command is a name and words, and the port is one of them', t => {
  const contestant = commandContestant(`py=python3 'my server.py' --port={port}`)
  t.is(contestant.name, 'py')
  t.deepEqual(contestant.command, ['python3', 'my server.py', '--port={port}'])
  t.deepEqual(contestant.exchanges, LANCELOT_EXCHANGES)
  t.deepEqual(contestant.unknown, LANCELOT_UNKNOWN)
})

const WRONG: readonly [text: string, message: RegExp][] = [
  ['python3 x.py {port}', /expected 'name=command \{port\}'/],
  ['=x {port}', /expected 'name=command/],
  ['a b=x {port}', /expected 'name=command/],
  ['py=python3 x.py', /\{port\} is missing/],
  [`py=python3 'x.py {port}`, /quote is not closed/],
]

for (const [text, message] of WRONG) {
  test(`--command ${text} is refused`, t => {
    t.throws(() => commandContestant(text), { code: 'ERR_LANCELOT_OPTION_RANGE', message })
  })
}

test('names must differ', t => {
  const twins = [architectureContestant('poll', ''), commandContestant('poll=x {port}')]
  t.throws(() => requireUniqueNames(twins), {
    code: 'ERR_LANCELOT_OPTION_RANGE',
    message: /two contestants are named 'poll'/,
  })
  t.notThrows(() => requireUniqueNames(twins.slice(1)))
})

test('the record of an architecture holds no path of this machine', t => {
  const { command } = recordOf(architectureContestant('poll', 'one line'))
  t.false(command.some(word => word.includes('/')))
  t.is(command[0], 'lancelot')
})

async function file(t: ExecutionContext, content: unknown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lancelot-test-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'contestants.json')
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

test('of a file those are taken whose program is there, and the others are named', async t => {
  const path = await file(t, [
    { name: 'here', summary: 'runs', command: ['node', '{port}'], needs: 'node' },
    { name: 'always', command: ['x', '{port}'] },
    { name: 'gone', command: ['x', '{port}'], needs: 'no-such-program-of-anybody' },
  ])
  const { contestants, leftOut } = await readContestants(path)
  t.deepEqual(
    contestants.map(({ name, summary }) => [name, summary]),
    [
      ['here', 'runs'],
      ['always', 'x {port}'],
    ],
  )
  t.deepEqual(leftOut, [{ name: 'gone', reason: 'no-such-program-of-anybody is not on the PATH' }])
})

test('a file may have exchanges of its own; then nothing is unknown unless it says so', async t => {
  const exchanges = [['PING\r\n', '+PONG\r\n']]
  const path = await file(t, [
    { name: 'own', command: ['x', '{port}'], exchanges },
    { name: 'both', command: ['x', '{port}'], exchanges, unknown: ['a\n', 'b\n'] },
    { name: 'none', command: ['x', '{port}'], unknown: null },
  ])
  const { contestants } = await readContestants(path)
  t.deepEqual(
    contestants.map(({ unknown }) => unknown),
    [null, ['a\n', 'b\n'], null],
  )
  t.deepEqual(contestants[0]?.exchanges, [['PING\r\n', '+PONG\r\n']])
})

const RIGHT = { name: 'a', command: ['{port}'] }

for (const [what, content, message] of [
  ['no JSON', 'x', /cannot be read/],
  ['no list', {}, /holds no list/],
  ['a command that is text', [{ name: 'a', command: 'x {port}' }], /entry 1/],
  ['a command without port', [{ name: 'a', command: ['x'] }], /entry 1/],
  ['a name of spaces', [{ name: 'a b', command: ['{port}'] }], /entry 1 .* a name of letters/],
  ['nothing as an entry', [{ name: 'a', command: ['{port}'] }, null], /entry 2/],
  ['exchanges without answers', [{ ...RIGHT, exchanges: [['a?']] }], /exchanges \(pairs/],
  ['exchanges that are none', [{ ...RIGHT, exchanges: [] }], /exchanges \(pairs/],
  ['an unknown question without answer', [{ ...RIGHT, unknown: 'a?' }], /unknown \(such/],
  ['a build that is text', [{ ...RIGHT, build: 'make' }], /build \(words\)/],
] as const) {
  test(`a file with ${what} is refused`, async t => {
    const path = await file(t, content)
    await t.throwsAsync(readContestants(path), { code: 'ERR_LANCELOT_RUN_FILE', message })
  })
}
