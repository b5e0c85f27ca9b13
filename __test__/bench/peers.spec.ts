/**
 * Every peer of `bench/peers/contestants.json` speaks its protocol rightly, however the stream is
 * cut; and the faulty one has its fault, and its twin has not.
 *
 * A peer whose runtime is not here, or that is not built, is skipped; the title says why.
 */

import { once } from 'node:events'
import test, { type ExecutionContext } from 'ava'
import {
  type Contestant,
  type Exchange,
  LANCELOT_EXCHANGES,
  LANCELOT_UNKNOWN,
} from '../../src/load/contestants.ts'
import type { Address } from '../../src/types.ts'
import { SocketClient } from '../socket-client.ts'
import { PEERS, pythonPeer, startPeer, whyNot } from './peer-program.ts'

const [, QUEST = LANCELOT_UNKNOWN] = LANCELOT_EXCHANGES
const QUESTION_BYTES_MAX = 16_384
/** So many that some are seen by accept() already, and some only by what follows. */
const RESETS = 50

/** A conversation to its end, alone on the server: some peers serve one at a time. */
async function converse(
  t: ExecutionContext,
  address: Address,
  talk: (client: SocketClient) => Promise<void>,
): Promise<void> {
  const client = await SocketClient.open(address)
  t.teardown(() => client.socket.destroy())
  client.socket.setNoDelay(true)
  await talk(client)
  t.is(await client.finish(), 'fin')
}

/** Each piece is the system's before the next is sent. */
async function sendPieces(client: SocketClient, pieces: Iterable<string>): Promise<void> {
  for (const piece of pieces) {
    await new Promise<void>(resolve => {
      client.socket.write(piece, 'latin1', () => resolve())
    })
  }
}

async function speaksRightly(
  t: ExecutionContext,
  address: Address,
  { exchanges, unknown }: Contestant,
): Promise<void> {
  const all = unknown === null ? exchanges : [unknown, ...exchanges]
  const requests = all.map(([request]) => request).join('')
  const responses = all.map(([, response]) => response).join('')
  const [[first, answer] = ['', ''], [second, other] = ['', '']] = exchanges

  await converse(t, address, async client => {
    await sendPieces(client, requests)
    await client.expect(responses)
  })
  await converse(t, address, async client => {
    client.send(requests)
    await client.expect(responses)
  })
  await converse(t, address, async client => {
    client.send(first + second.slice(0, 5))
    await client.expect(answer)
    client.send(second.slice(5))
    await client.expect(answer + other)
  })
  for (const text of ['', first.slice(0, -1), first]) {
    for (let left = RESETS; left > 0; left--) await resets(address, text)
  }
  const finishing = await SocketClient.open(address)
  finishing.socket.end(requests, 'latin1')
  t.is(await finishing.ended, 'fin')
  t.is(finishing.received, responses)
}

async function resets(address: Address, text: string): Promise<void> {
  const client = await SocketClient.open(address)
  if (text !== '') await sendPieces(client, [text])
  client.reset()
  await once(client.socket, 'close')
}

async function endsTooLong(t: ExecutionContext, address: Address): Promise<void> {
  const longest = 'x'.repeat(QUESTION_BYTES_MAX)
  await converse(t, address, async client => {
    client.send(`${longest}?`)
    await client.expect(LANCELOT_UNKNOWN[1])
  })
  for (const tooLong of [`${longest}x?`, `${longest}x`]) {
    const client = await SocketClient.open(address)
    t.teardown(() => client.socket.destroy())
    client.send(tooLong)
    t.regex(await client.ended, /^(fin|ECONNRESET)$/)
    t.is(client.received, '')
    client.socket.destroy()
  }
}

/** It tears conversations down by chance, so it cannot be held to anything but its fault. */
const FAULTY = 'textbook-poll'

for (const contestant of PEERS.contestants.filter(({ name }) => name !== FAULTY)) {
  const reason = whyNot(contestant)
  const run = reason === undefined ? test.serial : test.serial.skip
  const skipped = reason === undefined ? '' : ` (skipped: ${reason})`
  run(
    `${contestant.name} answers rightly, however the stream is cut and ends${skipped}`,
    async t => {
      const { address } = await startPeer(t, contestant)
      await speaksRightly(t, address, contestant)
      // What is too long for the others is their own affair.
      if (contestant.exchanges === LANCELOT_EXCHANGES) await endsTooLong(t, address)
    },
  )
}

for (const { name, reason } of PEERS.leftOut) {
  test.serial.skip(`${name} answers rightly (skipped: ${reason})`, () => {})
}

/**
 * While the server sleeps one peer finishes and two come. When it wakes up it takes the first of
 * the two and closes the descriptor of the one that finished, which the second of the two gets.
 */
async function answersToTwoThatCome(
  t: ExecutionContext,
  contestant: Contestant,
): Promise<string[]> {
  const { address, server } = await startPeer(t, contestant)
  const [question, answer] = QUEST
  const leaving = await answered(address, [question, answer])
  process.kill(server.pid, 'SIGSTOP')
  leaving.socket.end()
  await once(leaving.socket, 'finish')
  const coming = [await SocketClient.open(address), await SocketClient.open(address)]
  for (const client of coming) {
    client.send(question)
    client.socket.end()
  }
  process.kill(server.pid, 'SIGCONT')
  await Promise.all(coming.map(client => client.ended))
  return coming.map(client => client.received)
}

/** A conversation that got its answer. Those before it may meet the fault themselves. */
async function answered(address: Address, [question, answer]: Exchange): Promise<SocketClient> {
  for (;;) {
    const client = await SocketClient.open(address)
    client.send(question)
    try {
      await client.expect(answer)
      return client
    } catch {
      client.socket.destroy()
    }
  }
}

for (const [title, file, answers] of [
  [
    'the textbook poll loop tears down who gets a descriptor just closed',
    'textbook_poll.py',
    [QUEST[1], ''],
  ],
  ['its fixed twin answers whoever comes', 'textbook_poll_fixed.py', [QUEST[1], QUEST[1]]],
] as const) {
  const contestant = pythonPeer(file)
  if (contestant === undefined) test.serial.skip(`${title} (skipped: no python3)`, () => {})
  else {
    test.serial(title, async t => {
      t.deepEqual(await answersToTwoThatCome(t, contestant), [...answers])
    })
  }
}
