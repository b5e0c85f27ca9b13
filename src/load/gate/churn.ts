/**
 * Clients that come, ask and leave without pause, many at once.
 *
 * The server should be on no core of its own: what goes wrong when a descriptor is used again
 * right after it was closed shows where server and clients truly run at once.
 */

import { ANSWER_MS_MAX, call } from './caller.ts'
import { type Check, exchangeAt, Fault, noted, PASSED, quote, type Subject } from './check.ts'

const PARTS = [
  { clients: 8, questions: 1 },
  { clients: 8, questions: 10 },
  { clients: 20, questions: 1 },
  { clients: 20, questions: 10 },
]

export const churn: Check = {
  name: 'churn',
  face: async subject => {
    let refused = 0
    for (const part of PARTS) refused += await comeAndGo(subject, part)
    return refused === 0 ? PASSED : noted(`${refused} connections were not taken`)
  },
}

/** Resolves to how many connections were not taken. Throws Fault at the first answer lost. */
async function comeAndGo(
  subject: Subject,
  { clients, questions }: { clients: number; questions: number },
): Promise<number> {
  const deadline = performance.now() + subject.churnMs
  let conversations = 0
  let refused = 0
  let fault: string | undefined
  async function client(number: number): Promise<void> {
    while (fault === undefined && performance.now() < deadline) {
      conversations += 1
      const found = await talk(subject, number, questions)
      if (found === 'refused') refused += 1
      else if (found !== undefined) fault ??= found
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)))
  if (fault === undefined) return refused
  const asks = questions === 1 ? '1 question' : `${questions} questions`
  const among = `${clients} clients at once, ${asks} each`
  throw new Fault(`${among}, one of ${conversations} conversations: ${fault}`)
}

/** One conversation: what went wrong, or undefined. */
async function talk(
  subject: Subject,
  number: number,
  questions: number,
): Promise<string | undefined> {
  const caller = await call(subject.port).catch(() => undefined)
  if (caller === undefined) return 'refused'
  try {
    let from = 0
    for (let index = 0; index < questions; index++) {
      const { request, response } = exchangeAt(subject, number + index)
      // Without waiting for it to leave: the answer says that it did.
      caller.send(request)
      const waited = await caller.waitFor(from + response.length, ANSWER_MS_MAX)
      const came = caller.received().slice(from)
      if (came !== response) {
        const how = waited === 'ended' ? 'before the server ended it' : `in ${ANSWER_MS_MAX} ms`
        return `question ${index + 1}: ${quote(came)} came ${how}, expected ${quote(response)}`
      }
      from += response.length
    }
    return undefined
  } finally {
    caller.leave()
  }
}
