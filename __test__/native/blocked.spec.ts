/** Configured answers keep flowing while JavaScript is blocked; what needs it waits for it. */

import { once } from 'node:events'
import test, { type ExecutionContext } from 'ava'
import { lancelot, startPollServer } from '../../index.ts'
import type { LancelotServer } from '../../src/server.ts'
import type { ServerOptions } from '../../src/types.ts'
import { HelperThread } from './helper-thread.ts'
import { hangUp, open, read } from './talk.ts'

const REQUESTS = 20_000
const ALL_RIGHT = 1

async function startWithAsker(
  t: ExecutionContext,
  options: ServerOptions = {},
): Promise<{ server: LancelotServer; asker: HelperThread }> {
  const server = await startPollServer({ ...lancelot.options, ...options, port: 0 })
  const asker = await HelperThread.start('asker.mjs', {
    port: server.address.port,
    requests: REQUESTS,
    request: 'What is your quest?',
    answer: 'To seek the Holy Grail.',
  })
  t.teardown(async () => {
    await asker.ended()
    await server.close({ drainMsMax: 0 })
  })
  return { server, asker }
}

test.serial('a sleeping JavaScript stops no configured answer', async t => {
  const { server, asker } = await startWithAsker(t)
  t.is(asker.sleepUntilDone(), ALL_RIGHT)
  t.is(server.stats().answered, REQUESTS)
})

test.serial('a busy JavaScript stops no configured answer', async t => {
  const { server, asker } = await startWithAsker(t)
  t.is(asker.spinUntilDone(), ALL_RIGHT)
  t.is(server.stats().answered, REQUESTS)
})

test.serial('what the handler was asked meanwhile is answered once JavaScript wakes', async t => {
  const { server, asker } = await startWithAsker(t, { handler: request => `I know ${request}.` })
  const events: string[] = []
  server.on('connection', () => events.push('connection'))
  server.on('close', () => events.push('close'))
  const socket = await open(server.address.port)
  socket.write('the way?What is your quest?the bridge?')
  t.is(asker.sleepUntilDone(), ALL_RIGHT)
  const wanted = 'I know the way.To seek the Holy Grail.I know the bridge.'
  t.is((await read(socket, wanted.length)).toString(), wanted)
  await hangUp(socket)
  while (events.length < 4) await once(server, 'close')
  t.deepEqual(events.toSorted(), ['close', 'close', 'connection', 'connection'])
})
