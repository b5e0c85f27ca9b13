/** What a server opened, its closing gives back: descriptors, threads and memory. */

import { readdir, readFile } from 'node:fs/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { startPollServer } from '../../index.ts'
import { start } from './start.ts'
import { converse, hangUp, open } from './talk.ts'

const CYCLES = 1000
const WARM_UP_CYCLES = 200
/** Half of the least that each server could leave behind, the read buffer of a loop. */
const GROWTH_KIB_MAX = (CYCLES * 64) / 2
/** A joined thread is listed for a moment longer; a leaked one for ever. */
const LOOKS_MAX = 10_000

/** Elsewhere there is no /proc to look at. */
const testOnLinux = process.platform === 'linux' ? test.serial : test.serial.skip

async function count(what: 'fd' | 'task'): Promise<number> {
  return (await readdir(`/proc/self/${what}`)).length
}

async function returnsTo(what: 'fd' | 'task', base: number): Promise<number> {
  let found = await count(what)
  for (let looks = 0; looks < LOOKS_MAX && found > base; looks += 1) {
    await turn()
    found = await count(what)
  }
  return found
}

/** Memory that is the process's own, in KiB, once garbage was collected. */
async function anonymousKiB(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let times = 0; times < 5; times += 1) {
    collect()
    await turn()
  }
  const status = await readFile('/proc/self/status', 'utf8')
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1])
}

async function cycle(number: number): Promise<void> {
  const server = await startPollServer({
    port: 0,
    loops: 1 + (number % 3),
    answers: { q: 'a' },
    handler: request => request,
  })
  server.on('close', () => {})
  // Now and then it is closed with a connection open, in order or at once.
  if (number % 10 === 0) await converse(server.address.port, ['q?other?'])
  const socket = number % 10 === 5 ? await open(server.address.port) : undefined
  socket?.on('error', () => {})
  await server.close({ drainMsMax: number % 2 === 0 ? 5000 : 0 })
  if (socket !== undefined && !socket.closed) await hangUp(socket)
}

testOnLinux('1,000 servers come and go and leave no descriptor, thread or memory', async t => {
  t.timeout(120_000)
  for (let number = 0; number < WARM_UP_CYCLES; number += 1) await cycle(number)
  const base = { fd: await count('fd'), task: await count('task') }
  const baseKiB = await anonymousKiB()
  for (let number = 0; number < CYCLES; number += 1) await cycle(number)
  const left = { fd: await returnsTo('fd', base.fd), task: await returnsTo('task', base.task) }
  t.true(left.fd <= base.fd && left.task <= base.task, JSON.stringify({ base, left }))
  const growthKiB = (await anonymousKiB()) - baseKiB
  t.log(`anonymous memory grew by ${growthKiB} KiB`)
  t.true(growthKiB < GROWTH_KIB_MAX, String(growthKiB))
})

testOnLinux('20,000 connections come and go and leave no descriptor', async t => {
  t.timeout(120_000)
  const server = await start(t, { answers: { q: 'a' }, handler: text => text })
  server.on('connection', () => {})
  server.on('close', () => {})
  const base = await count('fd')
  for (let round = 0; round < 400; round += 1) {
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const socket = await open(server.address.port)
        socket.on('error', () => {})
        socket.write('q?other?q?oth')
        socket.resetAndDestroy()
      }),
    )
  }
  while (server.stats().open > 0) await turn()
  t.true((await returnsTo('fd', base)) <= base)
  t.is(server.stats().accepted, 20_000)
})
