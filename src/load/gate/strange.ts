/** Questions that nobody knows, and such that never end. */

import {
  type Check,
  exchangeAt,
  expectBytes,
  Fault,
  type Finding,
  noted,
  PASSED,
  quote,
  visit,
} from './check.ts'

const TOO_LONG_BYTES = 20_000
/** How long the server may look at it before the delimiter comes. */
const PONDER_MS = 300

export const unknownQuestion: Check = {
  name: 'unknown question',
  face: async subject => {
    if (subject.unknown === null) return noted('its protocol has no such rule; not asked')
    const [request, response] = subject.unknown
    return visit(subject.port, 'an unknown question', async caller => {
      await caller.send(request)
      const waited = await caller.waitFor(response.length)
      if (waited === 'ended' && caller.received() === '') {
        return noted('ends the connection instead of answering an unknown question')
      }
      await expectBytes(caller, 0, response, 'an unknown question')
      const next = exchangeAt(subject, 0)
      await caller.send(next.request)
      if ((await caller.waitFor(response.length + 1)) === 'ended') {
        return noted('ends the connection after the answer to an unknown question')
      }
      await expectBytes(caller, response.length, next.response, 'the one after an unknown question')
      return PASSED
    })
  },
}

export const tooLong: Check = {
  name: 'question too long',
  face: subject => {
    const { request, response } = exchangeAt(subject, 0)
    // The first byte of a known question, over and over, so that the protocol sees a question.
    const endless = request.charAt(0).repeat(TOO_LONG_BYTES)
    const answer = subject.unknown?.[1]
    return visit(subject.port, 'a question of 20,000 bytes', async caller => {
      await caller.send(endless)
      const early = await caller.waitFor(1, PONDER_MS)
      if (early !== 'late') return judge(caller.received(), answer)
      // It waits for the end of the question, as it may. Now it comes.
      await caller.send(request.slice(-1))
      if ((await caller.waitFor(answer?.length ?? 1)) === 'late' && caller.received() === '') {
        throw new Fault('a question of 20,000 bytes: no answer came and no end')
      }
      const finding = judge(caller.received(), answer)
      if (caller.isEnded() || answer === undefined) return finding
      await caller.send(request)
      if ((await caller.waitFor(answer.length + 1)) === 'ended') return finding
      await expectBytes(caller, answer.length, response, 'the one after a question too long')
      return finding
    })
  },
}

/** To end the connection is right, and so is the answer to what is not known. */
function judge(received: string, answer: string | undefined): Finding {
  if (received === '' || received === answer) return PASSED
  const came = `a question of 20,000 bytes was answered with ${quote(received)}`
  if (answer === undefined) return noted(came)
  throw new Fault(`${came}, expected ${quote(answer)} or the end`)
}
