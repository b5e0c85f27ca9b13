/** Clients that are in the way of others: those that do not read, and those that say nothing. */

import type { Caller } from './caller.ts'
import {
  type Check,
  enter,
  exchangeAt,
  Fault,
  type Finding,
  noted,
  PASSED,
  quote,
  type Subject,
  visit,
} from './check.ts'

const IDLE_CLIENTS = 10
/** Who waits so long for an answer is blocked. */
const BLOCKED_MS = 2000
/** What the slow reader asks: until the server stops reading, or it was this much or this long. */
const ASK_MS = 300
const ASK_BYTES_MAX = 2 ** 22
const ROUNDS_A_PIECE = 256

export const idleCrowd: Check = {
  name: 'idle crowd',
  face: async subject => {
    const idle: Caller[] = []
    const letGo = (): void => {
      for (const caller of idle.splice(0)) caller.leave()
    }
    try {
      for (let client = 0; client < IDLE_CLIENTS; client++) {
        idle.push(await enter(subject.port, 'an idle client'))
      }
      return await besideOthers(subject, `${IDLE_CLIENTS} idle clients`, letGo)
    } finally {
      letGo()
    }
  },
}

export const slowReader: Check = {
  name: 'slow reader',
  face: async subject => {
    const slow = await enter(subject.port, 'a slow reader')
    slow.setReading(false)
    const rounds = await askWithoutReading(slow, subject)
    let read: Finding = PASSED
    try {
      const beside = await besideOthers(subject, 'one client that does not read', async () => {
        read = await readAll(slow, subject, rounds)
        slow.leave()
      })
      return read.result === 'passed' ? beside : read
    } finally {
      slow.reset()
    }
  },
}

/**
 * Whether an active client is served beside others; if not, whether it is once those have gone.
 * `letGo` is called in any case.
 */
async function besideOthers(
  subject: Subject,
  others: string,
  letGo: () => void | Promise<void>,
): Promise<Finding> {
  const { request, response } = exchangeAt(subject, 0)
  return visit(subject.port, `an active client beside ${others}`, async active => {
    await active.send(request)
    const isServed = (await active.waitFor(response.length, BLOCKED_MS)) === 'came'
    await letGo()
    if (!isServed) await active.waitFor(response.length)
    const came = active.received()
    if (came !== response) {
      throw new Fault(`beside ${others} ${quote(came)} came, expected ${quote(response)}`)
    }
    return isServed ? PASSED : noted(`blocked by ${others}`)
  })
}

/** Asks all questions round and round; resolves to how many rounds it asked. */
async function askWithoutReading(slow: Caller, subject: Subject): Promise<number> {
  const round = subject.exchanges.map(([request]) => request).join('')
  const piece = round.repeat(ROUNDS_A_PIECE)
  const deadline = performance.now() + ASK_MS
  let pieces = 0
  while (performance.now() < deadline && pieces * piece.length < ASK_BYTES_MAX) {
    pieces += 1
    const left = slow.send(piece).then(() => 'left')
    // What did not leave waits in this process until the server reads again.
    const late = new Promise(resolve => setTimeout(resolve, deadline - performance.now(), 'late'))
    if ((await Promise.race([left, late])) === 'late') break
  }
  return pieces * ROUNDS_A_PIECE
}

/** All answers must come in order, or the server ends the connection before. Throws Fault. */
async function readAll(slow: Caller, { exchanges }: Subject, rounds: number): Promise<Finding> {
  const round = exchanges.map(([, response]) => response).join('')
  slow.setReading(true)
  const waited = await slow.waitFor(rounds * round.length)
  const received = slow.received()
  const expected = round.repeat(rounds)
  if (received === expected) return PASSED
  const asked = `a client that asked ${rounds * exchanges.length} questions and read late`
  if (!expected.startsWith(received)) {
    let at = 0
    while (received[at] === expected[at]) at += 1
    const came = quote(received.slice(at, at + 40))
    const wanted = quote(expected.slice(at, at + 40))
    throw new Fault(`${asked}: after ${at} right bytes ${came} came, expected ${wanted}`)
  }
  const amount = `${received.length} of ${expected.length} bytes`
  if (waited === 'ended') return noted(`ends the connection of ${asked}, after ${amount}`)
  throw new Fault(`${asked} got ${amount}`)
}
