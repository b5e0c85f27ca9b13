/** Which limiter is named, from made-up samples. */

import test from 'ava'
import { type Evidence, nameLimiter } from '../../src/load/limiter.ts'
import type { LimiterRecord } from '../../src/load/run-file.ts'

const IDLE: Evidence = {
  userShare: 0.1,
  systemShare: 0.2,
  loadShare: 0.3,
  switchesPerRequest: 0.1,
  listenOverflows: 0,
  waiting: 0,
}

const CASES: readonly [what: string, evidence: Partial<Evidence>, LimiterRecord['limiter']][] = [
  ['nothing busy', {}, 'none'],
  ['a server that computes', { userShare: 0.7, systemShare: 0.25 }, 'server user'],
  ['a server in the kernel', { userShare: 0.2, systemShare: 0.78 }, 'server system'],
  [
    'a loop of JavaScript without rest',
    { userShare: 0.7, systemShare: 0.25, loopBusyShare: 0.99, eventLoopDelayP99Us: 2500 },
    'js thread',
  ],
  [
    'native threads beside an idle loop',
    { userShare: 0.2, systemShare: 0.75, loopBusyShare: 0.01 },
    'server system',
  ],
  ['a generator without rest', { loadShare: 0.97 }, 'generator'],
  [
    'both without rest: the server is what is measured',
    { userShare: 0.5, systemShare: 0.45, loadShare: 0.97 },
    'server user',
  ],
  ['a full listen queue', { listenOverflows: 3 }, 'listen queue'],
  ['one that leaves connections in the queue', { waiting: 19 }, 'listen queue'],
  [
    'one that leaves them there as it has no time',
    { waiting: 16, userShare: 0.2, systemShare: 0.78 },
    'server system',
  ],
  ['threads that wait for their next request', { switchesPerRequest: 1.01 }, 'none'],
  ['threads that wait for each other', { switchesPerRequest: 2.4 }, 'lock'],
]

for (const [what, evidence, limiter] of CASES) {
  test(`${what}: ${limiter}`, t => {
    t.is(nameLimiter({ ...IDLE, ...evidence }).limiter, limiter)
  })
}

test('the sentence holds the figures that led to it', t => {
  const { text } = nameLimiter({ ...IDLE, switchesPerRequest: 2.4 })
  t.regex(text, /2\.40 times for each request/)
  t.regex(text, /10 % in its own code and 20 % in the kernel/)
  const loop = nameLimiter({
    ...IDLE,
    userShare: 0.95,
    loopBusyShare: 0.98,
    eventLoopDelayP99Us: 2500,
  })
  t.regex(loop.text, /98 % .* 2\.5 ms late/)
})
