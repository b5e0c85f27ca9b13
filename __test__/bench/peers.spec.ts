/**
 * Every peer of `bench/peers/contestants.json` speaks its protocol rightly, however the stream is
 * cut; and the faulty one has its fault, and its twin has not.
 *
 * A peer whose runtime is not here, or that is not built, is skipped; the title says why.
 */

import { once } from 'node:events'
import test, { type ExecutionContext } from 'ava'
import type { Address } from '../../src/types.ts'
import { SocketClient } from '../socket-client.ts'
import { CONTESTANTS, type Contestant, type Exchange, startPeer, whyNot } from './peer-program.ts'

const LAUNCELOT: readonly Exchange[] = [
  ['What is your name?', 'My name is Sir Lancelot of Camelot.'],
  ['What is your quest?', 'To seek the Holy Grail.'],
  ['What is your favorite color?', 'Blue.'],
]
const UNKNOWN: Exchange = ['What is the airspeed velocity?', 'Error: unknown question.']
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
  contestant: Contestant,
): Promise<void> {
  const exchanges = [...(contestant.exchanges ?? LAUNCELOT)]
  const unknown = contestant.unknown === undefined ? UNKNOWN : contestant.unknown
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
    await client.expect(UNKNOWN[1])
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

for (const contestant of CONTESTANTS.filter(({ name }) => name !== FAULTY)) {
  const reason = whyNot(contestant)
  const run = reason === undefined ? test.serial : test.serial.skip
  const skipped = reason === undefined ? '' : ` (skipped: ${reason})`
  run(
    `${contestant.name} answers rightly, however the stream is cut and ends${skipped}`,
    async t => {
      const { address } = await startPeer(t, contestant)
      await speaksRightly(t, address, contestant)
      // What is too long for the others is their own affair.
      if (contestant.exchanges === undefined) await endsTooLong(t, address)
    },
  )
}

/**
 * While the server sleeps one peer finishes and two come. When it wakes up it takes the first of
 * the two and closes the descriptor of the one that finished, which the second of the two gets.
 */
async function answersToTwoThatCome(t: ExecutionContext, file: string): Promise<string[]> {
  const peer = await startPeer(t, { command: ['python3', `bench/peers/${file}`, '{port}'] })
  const [question, answer] = LAUNCELOT[1] as Exchange
  const leaving = await answered(peer.address, [question, answer])
  peer.process.kill('SIGSTOP')
  leaving.socket.end()
  await once(leaving.socket, 'finish')
  const coming = [await SocketClient.open(peer.address), await SocketClient.open(peer.address)]
  for (const client of coming) {
    client.send(question)
    client.socket.end()
  }
  peer.process.kill('SIGCONT')
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

const runPython = whyNot({ name: '', summary: '', command: [], needs: 'python3' }) === undefined
const runTextbook = runPython ? test.serial : test.serial.skip

runTextbook('the textbook poll loop tears down who gets a descriptor just closed', async t => {
  const [, answer] = LAUNCELOT[1] as Exchange
  t.deepEqual(await answersToTwoThatCome(t, 'textbook_poll.py'), [answer, ''])
})

runTextbook('its fixed twin answers whoever comes', async t => {
  const [, answer] = LAUNCELOT[1] as Exchange
  t.deepEqual(await answersToTwoThatCome(t, 'textbook_poll_fixed.py'), [answer, answer])
})
