/** Clients that leave as they should not, or finish sending before they have read. */

import {
  type Check,
  enter,
  exchangeAt,
  expectBytes,
  noted,
  PASSED,
  requestsOf,
  responsesOf,
  type Subject,
  visit,
} from './check.ts'

/** So many clients do it, at places in the question that are drawn. */
const CLIENTS = 10

export const vanish: Check = {
  name: 'vanish mid-question',
  face: async subject => {
    for (let client = 0; client < CLIENTS; client++) {
      const caller = await enter(subject.port, 'a client that will vanish')
      await caller.send(begunQuestion(subject, client))
      caller.leave()
    }
    return PASSED
  },
}

export const reset: Check = {
  name: 'reset',
  face: async subject => {
    for (let client = 0; client < CLIENTS; client++) {
      const caller = await enter(subject.port, 'a client that will reset')
      // In the middle of a question, and while answers are on their way.
      const isMidQuestion = client % 2 === 0
      await caller.send(isMidQuestion ? begunQuestion(subject, client) : requestsOf(subject, 3))
      caller.reset()
    }
    return PASSED
  },
}

export const halfClose: Check = {
  name: 'half-close',
  face: subject => {
    const count = 3
    return visit(subject.port, 'a client that half-closes', async caller => {
      // At once, so that the end comes while the answers are owed.
      const sent = caller.send(requestsOf(subject, count))
      caller.finish()
      await sent
      const what = 'three questions from a client that finished sending'
      await expectBytes(caller, 0, responsesOf(subject, count), what)
      if (await caller.waitForEnd()) return PASSED
      return noted('never ends its side when the client finished sending')
    })
  },
}

/** The beginning of a question, at least one byte and never all. */
function begunQuestion(subject: Subject, index: number): string {
  const { request } = exchangeAt(subject, index)
  return request.slice(0, 1 + Math.floor(subject.random() * (request.length - 1)))
}
