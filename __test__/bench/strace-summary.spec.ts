/** What the parser makes of strace summaries. */

import test from 'ava'
import { parseStraceSummary } from '../../bench/strace-summary.ts'

/** Recorded: strace 6.1 on the floor, 10 connections, 1,010 requests. */
const RECORDED = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 80.47    0.013250          13      1010           sendto
 15.91    0.002620           2      1017           recvfrom
  2.81    0.000462           4       113           epoll_wait
  0.81    0.000133          19         7           close
  0.00    0.000000           0        10           epoll_ctl
  0.00    0.000000           0        11         1 accept4
------ ----------- ----------- --------- --------- ----------------
100.00    0.016465           7      2168         1 total
`

test('every system call is read with its calls, most frequent first', t => {
  t.deepEqual(parseStraceSummary(RECORDED), [
    { name: 'recvfrom', calls: 1017 },
    { name: 'sendto', calls: 1010 },
    { name: 'epoll_wait', calls: 113 },
    { name: 'accept4', calls: 11 },
    { name: 'epoll_ctl', calls: 10 },
    { name: 'close', calls: 7 },
  ])
})

test('the calls add up to the total that strace gives', t => {
  const sum = parseStraceSummary(RECORDED).reduce((total, { calls }) => total + calls, 0)
  t.is(sum, 2168)
})

test('what is no table is refused, with its start', t => {
  t.throws(() => parseStraceSummary(''), { code: 'OUTPUT_UNREADABLE' })
  t.throws(() => parseStraceSummary('strace: attach: Operation not permitted'), {
    code: 'OUTPUT_UNREADABLE',
    message: /not permitted/,
  })
})

test('a row that is cut off is refused', t => {
  const cut = RECORDED.replace('1010           sendto', 'sendto')
  t.throws(() => parseStraceSummary(cut), { code: 'OUTPUT_UNREADABLE' })
})
