/** Questions that nobody knows, and such that never end. */

import { LANCELOT_EXCHANGES } from '../contestants.ts'
import {
  type Check,
  exchangeAt,
  expectBytes,
  Fault,
  type Finding,
  noted,
  PASSED,
  quote,
  type Subject,
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
    // Other protocols may have a word of their own for what is too long.
    const answer = subject.exchanges === LANCELOT_EXCHANGES ? subject.unknown?.[1] : undefined
    return visit(subject.port, 'a question of 20,000 bytes', async caller => {
      await caller.send(endless)
      const early = await caller.waitFor(1, PONDER_MS)
      if (early !== 'late') return judge(caller.received(), answer, subject)
      // It waits for the end of the question, as it may. Now it comes.
      await caller.send(request.endsWith('\r\n') ? '\r\n' : request.slice(-1))
      if ((await caller.waitFor(answer?.length ?? 1)) === 'late' && caller.received() === '') {
        const silence = 'a question of 20,000 bytes: no answer came and no end'
        if (answer === undefined) return noted(silence)
        throw new Fault(silence)
      }
      const finding = judge(caller.received(), answer, subject)
      if (caller.isEnded() || answer === undefined) return finding
      await caller.send(request)
      if ((await caller.waitFor(answer.length + 1)) === 'ended') return finding
      await expectBytes(caller, answer.length, response, 'the one after a question too long')
      return finding
    })
  },
}

/** To end the connection is right, and so is the answer to what is not known. */
function judge(received: string, answer: string | undefined, { exchanges }: Subject): Finding {
  if (received === '' || received === answer) return PASSED
  const came = `a question of 20,000 bytes was answered with ${quote(received)}`
  const isKnown = exchanges.some(([, response]) => received.startsWith(response))
  if (answer === undefined && !isKnown) return noted(came)
  throw new Fault(`${came}, expected ${answer === undefined ? '' : `${quote(answer)} or `}the end`)
}
