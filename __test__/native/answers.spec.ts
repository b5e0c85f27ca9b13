/** The answer table of the native server, as JavaScript changes it while it serves. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { readAnswers } from '../../index.ts'
import type { LancelotServer } from '../../src/server.ts'
import type { Bytes, ServerOptions } from '../../src/types.ts'
import { newSeed, randomOf } from './random.ts'
import { start } from './start.ts'
import { converse } from './talk.ts'

const BINARY = Buffer.from([0, 255, 254, 10, 0])
const MILLION = 1_000_000

function startUnknowing(t: ExecutionContext, options: ServerOptions = {}): Promise<LancelotServer> {
  return start(t, { unknownAnswer: 'unknown', ...options })
}

async function ask(server: LancelotServer, request: Bytes): Promise<string> {
  return (await converse(server.address.port, [request, '?'])).toString('latin1')
}

test('a change of one answer holds for every request after it', async t => {
  const server = await startUnknowing(t, { answers: { old: 'before' } })
  t.is(await ask(server, 'old'), 'before')
  server.answers.set('old', 'after').set('new?', 'fresh')
  t.is(await ask(server, 'old'), 'after')
  t.is(await ask(server, 'new'), 'fresh')
  t.true(server.answers.delete('old?'))
  t.false(server.answers.delete('old'))
  t.is(await ask(server, 'old'), 'unknown')
  server.answers.replace([['other', 'whole']])
  t.is(await ask(server, 'new'), 'unknown')
  t.is(await ask(server, 'other'), 'whole')
})

test('what is set is read back, bytes and closing marks included', async t => {
  const server = await startUnknowing(t, { answerSuffix: '!' })
  const { answers } = server
  answers.set('text?', 'ä').set(BINARY, BINARY).set('', '')
  answers.set('bye', { answer: 'so long', close: true })
  t.is(answers.get('text'), 'ä')
  t.deepEqual(answers.get(BINARY), BINARY)
  t.is(answers.get(''), '')
  t.deepEqual(answers.get('bye?'), { answer: 'so long', close: true })
  t.is(answers.get('nobody'), undefined)
  t.is(answers.get('no?body'), undefined)
  t.is(answers.size, 4)
  const entries = new Map(answers.entries())
  t.is(entries.get('text'), 'ä')
  t.deepEqual(
    [...answers.keys()].filter(key => typeof key !== 'string'),
    [BINARY],
  )
  t.is(entries.size, 4)
  t.is(await ask(server, BINARY), `${BINARY.toString('latin1')}!`)
  t.is(await ask(server, 'bye?bye'), 'so long!')
  t.is(await ask(server, ''), '!')
  answers.clear()
  t.is(answers.size, 0)
  t.is(await ask(server, ''), 'unknown!')
})

test('a replacement with a fault in it changes nothing', async t => {
  const server = await startUnknowing(t, {
    answers: { kept: 'yes' },
    requestBytesMax: 5,
    answerBytesMax: 7,
  })
  const faults: [Bytes, string, string][] = [
    ['w?at', 'x', 'ERR_LANCELOT_ANSWER_KEY'],
    ['longer', 'x', 'ERR_LANCELOT_ANSWER_KEY'],
    ['short', 'far too long', 'ERR_LANCELOT_ANSWER_VALUE'],
  ]
  for (const [key, answer, code] of faults) {
    t.throws(() => server.answers.set(key, answer), { code })
    const table: [Bytes, string][] = [
      ['new', 'no'],
      [key, answer],
    ]
    t.throws(() => server.answers.replace(table), { code, message: new RegExp(String(key)) })
    t.deepEqual([...server.answers], [['kept', 'yes']])
  }
  t.is(await ask(server, 'kept'), 'yes')
})

test('any changes leave the table that a Map would be left with', async t => {
  const seed = newSeed()
  t.log(`SEED=${seed}`)
  const random = randomOf(seed)
  const server = await startUnknowing(t)
  const oracle = new Map<string, string>()
  for (let step = 0; step < 3000; step += 1) {
    const key = `key ${random(200)}`
    const kind = random(100)
    if (kind === 0) {
      oracle.clear()
      for (let i = random(150); i > 0; i -= 1) oracle.set(`key ${random(200)}`, `whole ${step}`)
      server.answers.replace(oracle)
    } else if (kind < 40) {
      t.is(server.answers.delete(key), oracle.delete(key))
    } else {
      oracle.set(key, `answer ${step}`)
      server.answers.set(key, `answer ${step}`)
    }
    if (server.answers.get(key) !== oracle.get(key)) t.fail(`SEED=${seed}, step ${step}`)
  }
  t.is(server.answers.size, oracle.size)
  t.deepEqual(new Map([...server.answers].sort()), new Map([...oracle].sort()))
})

test('a table of a million answers comes from a file and changes while it serves', async t => {
  t.timeout(120_000)
  const folder = await mkdtemp(join(tmpdir(), 'lancelot-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'answers.json')
  const lines = Array.from({ length: MILLION }, (_, number) => `"key ${number}":"is ${number}"`)
  await writeFile(path, `{${lines.join(',\n')}}`)
  const server = await startUnknowing(t, { answers: await readAnswers(path) })
  t.is(server.answers.size, MILLION)
  for (const number of [0, 1, 31_337, MILLION - 1]) {
    t.is(await ask(server, `key ${number}`), `is ${number}`)
  }
  t.is(await ask(server, `key ${MILLION}`), 'unknown')
  server.answers.set('key 31337', 'changed')
  t.is(await ask(server, 'key 31337'), 'changed')
  t.is(await ask(server, 'key 31338'), 'is 31338')
  let entries = 0
  for (const [key, answer] of server.answers) {
    const isChanged = key === 'key 31337'
    if (!isChanged && answer !== `is ${String(key).slice(4)}`) t.fail(String(key))
    entries += 1
  }
  t.is(entries, MILLION)
  server.answers.replace({ few: 'now' })
  t.is(await ask(server, 'few?key 0'), 'nowunknown')
})
