/** What the parser makes of callgrind files. */

import test from 'ava'
import { parseCallgrindTotal } from '../../bench/callgrind-total.ts'

/** Recorded: callgrind 3.19 on the floor, 10 connections, 1,010 requests; the middle left out. */
const RECORDED = `# callgrind format
version: 1
creator: callgrind-3.19.0
cmd:  lancelot-floor 0
part: 1


desc: I1 cache: 
desc: D1 cache: 
desc: LL cache: 

desc: Timerange: Basic block 0 - 155120
desc: Trigger: Program termination

positions: line
events: Ir
summary: 620155


ob=(1) /usr/lib/x86_64-linux-gnu/ld-2.36.so
fl=(1) ???
fn=(1) 0x000000000001a540
0 12

totals: 620155
`

test('the total of a run is read', t => {
  t.is(parseCallgrindTotal(RECORDED), 620_155)
})

test('the parts of a run that was dumped twice are added up', t => {
  t.is(parseCallgrindTotal(`${RECORDED}\npart: 2\n\ntotals: 45\n`), 620_200)
})

test('a file without a total is refused', t => {
  t.throws(() => parseCallgrindTotal(''), { code: 'OUTPUT_UNREADABLE' })
  t.throws(() => parseCallgrindTotal(RECORDED.replace(/^totals.*$/m, '')), {
    code: 'OUTPUT_UNREADABLE',
  })
})
