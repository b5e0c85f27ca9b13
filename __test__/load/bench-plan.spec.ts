/** What `lancelot bench` is told: models of load and targets. */

import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import test from 'ava'
import { type BenchFlags, planBench } from '../../src/load/bench-plan.ts'
import { parseTarget, parseTargets, requireListening } from '../../src/load/bench-targets.ts'
import { findServerPid } from '../../src/load/listeners.ts'

const CODE = { code: 'ERR_LANCELOT_OPTION_RANGE' }

test('nothing said is a closed load of 20 users who never leave, for 10 s', t => {
  const { steps, common } = planBench({})
  t.deepEqual(steps, [
    {
      label: '20 users',
      model: { kind: 'closed', users: 20, depth: 1, questions: 0, thinkUs: 0, rampMs: 0 },
    },
  ])
  t.deepEqual(common, {
    shape: 'run',
    measureMs: 10_000,
    warmMs: 1000,
    idle: 0,
    slowReaders: 0,
    slowWriters: 0,
    lateMs: 5000,
    seed: 1,
  })
})

test("--cycles alone are FunkLoad's, ten questions a visit", t => {
  const models = planBench({ cycles: true }).steps.map(({ model }) => model)
  const users = models.map(model => (model.kind === 'closed' ? model.users : 0))
  t.deepEqual(users, [1, 2, 3, 5, 7, 10, 13, 16, 20])
  t.true(models.every(model => model.kind === 'closed' && model.questions === 10))
})

test('a rate is an open load, sessions are a partly-open one', t => {
  const [open] = planBench({ rate: 5000, users: 3, rateAtEnd: 9000, arrivals: 'constant' }).steps
  t.deepEqual(open, {
    label: '5,000 to 9,000 requests/s (constant)',
    model: { kind: 'open', rate: 5000, rateAtEnd: 9000, arrivals: 'constant', connections: 3 },
  })
  const [sessions] = planBench({ sessions: 50 }).steps
  t.deepEqual(sessions, {
    label: '50 sessions/s (poisson)',
    model: { kind: 'partly-open', rate: 50, arrivals: 'poisson', questions: 10 },
  })
})

test('users who come one by one are all there when the ramp is over', t => {
  const ramp = (flags: BenchFlags): unknown =>
    planBench(flags).steps.map(({ model }) => (model.kind === 'closed' ? model.rampMs : undefined))
  t.deepEqual(ramp({ rampSeconds: 2, cycles: [1, 2, 21] }), [0, 2000, 100])
  t.deepEqual(ramp({ rampSeconds: 0.1, users: 10_000 }), [1])
})

test('what contradicts or is out of range is refused by the name of its flag', t => {
  const refused: [BenchFlags, RegExp][] = [
    [{ rate: 1, sessions: 1 }, /--rate and --sessions is given together/],
    [{ rate: 1, depth: 2 }, /--depth is given; allowed is with --cycles or a closed load only/],
    [{ rateAtEnd: 1 }, /--rate-at-end is given; allowed is with --rate or --sessions only/],
    [{ sessions: 1, users: 2 }, /--users is given; allowed is with --rate or a closed load only/],
    [{ sessions: 1, questions: 0 }, /--questions is 0/],
    [{ users: 0 }, /--users is 0; allowed is 1 to 19000/],
    [{ slowReaders: 20_000 }, /--slow-readers is 20000/],
    [{ seconds: 0 }, /--seconds is 0; allowed is 0.1 to 3600/],
    [{ cycles: [1, 0] }, /--cycles is 1:0/],
  ]
  for (const [flags, message] of refused) {
    t.throws(() => planBench(flags), { ...CODE, message })
  }
})

test('a target is a port, a host and a port, and may have a name', t => {
  t.deepEqual(parseTarget('1060'), { name: '1060', host: '127.0.0.1', port: 1060 })
  t.deepEqual(parseTarget('localhost:1'), { name: 'localhost:1', host: '127.0.0.1', port: 1 })
  t.deepEqual(parseTarget('poll=[::1]:65535'), { name: 'poll', host: '::1', port: 65_535 })
  for (const text of ['', 'x', '0', '65536', 'example.com:1', ':1', '::1', 'a=', '1060x']) {
    t.throws(() => parseTarget(text), { ...CODE, message: new RegExp(`target '${text}'`) })
  }
})

test('two targets must have two names', t => {
  t.is(parseTargets(['a=1', 'b=1']).length, 2)
  t.throws(() => parseTargets(['a=1', 'a=2']), { ...CODE, message: /two targets are named 'a'/ })
})

const onLinux = process.platform === 'linux' ? test : test.skip

onLinux('the process that listens on a port is found, as long as it does', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  t.is(findServerPid(port), process.pid)
  await t.notThrowsAsync(requireListening({ name: 'a', host: '127.0.0.1', port }))
  server.close()
  await once(server, 'close')
  t.is(findServerPid(port), undefined)
  await t.throwsAsync(requireListening({ name: 'a', host: '127.0.0.1', port }), {
    code: 'ERR_LANCELOT_TARGET',
    message: /^a: nobody takes connections at 127\.0\.0\.1:\d+ \(ECONNREFUSED\); start the server/,
  })
})
