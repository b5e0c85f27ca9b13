/** The gate: each mistake against a server that is wrong in that way, and one that is right. */

import { fileURLToPath } from 'node:url'
import test from 'ava'
import { type Contestant, commandContestant } from '../../src/load/contestants.ts'
import { CHECKS, faceGate } from '../../src/load/gate/gate.ts'
import type { GateCheck } from '../../src/load/run-file.ts'

const SERVER = fileURLToPath(new URL('./broken-server.mjs', import.meta.url))
const SEED = 5

function contestant(fault: string): Contestant {
  const command = `'${process.execPath}' '${SERVER}' '${fault}' {port}`
  return { ...commandContestant(`made-up=${command}`), name: fault }
}

/** What these checks found of a server with this fault. */
async function found(fault: string, names: readonly string[]): Promise<GateCheck[]> {
  const checks = CHECKS.filter(({ name }) => names.includes(name))
  const record = await faceGate(contestant(fault), { seed: SEED, churnMs: 400, checks })
  return [...record.checks]
}

test('a server that is right passes every check', async t => {
  const all = CHECKS.map(({ name }) => name)
  const checks = await found('none', all)
  t.deepEqual(
    checks,
    all.map(name => ({ name, result: 'passed', detail: '' })),
  )
})

/** Each fault, the check that must find it, and what must be said of it. */
const REFUSED: readonly [fault: string, check: string, detail: RegExp][] = [
  ['wrong case', 'questions', /MY NAME IS/],
  ['twice', 'questions', /one by one/],
  ['misorders', 'two in a packet', /"To seek the Holy Grail\..* came, expected "My name/],
  ['whole packets', 'two in a packet', /unknown question\.?" ?.*expected|came, expected/],
  ['whole packets', 'one and a half', /0 of 35 bytes came in time/],
  ['answers pieces', 'split at every byte', /answered with|unknown question/],
  ['forgets pieces', 'byte by byte', /expected "My name/],
  ['forgets pieces', 'split at every byte', /unknown question/],
  ['dies on unknown', 'unknown question', /the server died \(exit code 3\)/],
  ['silent on unknown', 'unknown question', /0 of 24 bytes came in time/],
  ['dies when too long', 'question too long', /the server died \(exit code 4\)/],
  ['guesses when too long', 'question too long', /was answered with "Blue\."/],
  ['dies on vanish', 'vanish mid-question', /the server died .*exit code 1/],
  ['dies on reset', 'reset', /the server died .*exit code 1/],
  ['answers late', 'half-close', /of 63 bytes came before the server ended/],
  ['loses every 50th', 'slow reader', /after 1\d* right bytes/],
  ['cuts newcomers', 'churn', /of \d+ conversations: question \d+: "" came before/],
]

for (const [fault, check, detail] of REFUSED) {
  test(`${check}: a server that ${fault} fails`, async t => {
    const [only] = await found(fault, [check])
    t.is(only?.result, 'failed', only?.detail)
    t.regex(only?.detail ?? '', detail)
  })
}

/** What designs may do by their nature, and what is told of it. */
const NOTED: readonly [fault: string, check: string, detail: RegExp][] = [
  ['closes on unknown', 'unknown question', /instead of answering/],
  ['never closes', 'half-close', /never ends its side/],
  ['one at a time', 'idle crowd', /blocked by 10 idle clients/],
  ['one at a time', 'slow reader', /blocked by one client/],
  ['cuts slow readers', 'slow reader', /ends the connection of a client that asked/],
]

for (const [fault, check, detail] of NOTED) {
  test(`${check}: of a server that ${fault} it is noted`, async t => {
    const [only] = await found(fault, [check])
    t.is(only?.result, 'noted', only?.detail)
    t.regex(only?.detail ?? '', detail)
  })
}

test('a server that died is started again for the next check', async t => {
  const checks = await found('dies on unknown', ['unknown question', 'two in a packet'])
  t.deepEqual(
    checks.map(({ name, result }) => [name, result]),
    [
      ['two in a packet', 'passed'],
      ['unknown question', 'failed'],
    ],
  )
})

test('who fails plain questions is asked nothing further', async t => {
  const checks = await found(
    'wrong case',
    CHECKS.map(({ name }) => name),
  )
  t.deepEqual(
    checks.map(({ name, result }) => [name, result]),
    [['questions', 'failed']],
  )
})

test('a protocol without an answer to what is unknown is not asked for it', async t => {
  const checks = CHECKS.filter(({ name }) => name === 'unknown question')
  const record = await faceGate({ ...contestant('none'), unknown: null }, { seed: SEED, checks })
  t.is(record.checks[0]?.result, 'noted')
})

test('a server that never listens is told with what it wrote', async t => {
  const words = [process.execPath, '-e', "console.error('no port'); process.exit(9)", '{port}']
  await t.throwsAsync(faceGate({ ...contestant('none'), command: words }, { seed: SEED }), {
    code: 'ERR_LANCELOT_TARGET',
    message: /exit code 9.*no port/,
  })
})
