/**
 * What a conversation should come to, by means too simple to be wrong.
 *
 * Sees the whole stream at once, looks at every byte, and knows neither pieces nor buffers.
 */

import type { CloseCode } from '../../src/errors.ts'

/** A conversation in which the peer sends a stream, takes every answer at once, and finishes. */
export interface Conversation {
  delimiter: Buffer
  requestBytesMax: number
  /** Requests as latin1 text, and their answers; one in `closing` ends the connection. */
  answers: ReadonlyMap<string, string>
  closing: ReadonlySet<string>
  unknownAnswer: string | null
  stream: Buffer
}

/** How it went: the requests taken, what the peer got, and why it ended. */
export interface Outcome {
  requests: string[]
  out: string
  code: CloseCode
}

export function foretell(conversation: Conversation): Outcome {
  const { delimiter, requestBytesMax, answers, closing, unknownAnswer, stream } = conversation
  const requests: string[] = []
  let out = ''
  let request = ''
  for (let at = 0; at < stream.length; ) {
    if (startsAt(stream, delimiter, at)) {
      if (request.length > requestBytesMax) return { requests, out, code: 'request-too-long' }
      requests.push(request)
      const answer = answers.get(request) ?? unknownAnswer
      if (answer === null) return { requests, out, code: 'unknown-request' }
      out += answer
      if (closing.has(request)) return { requests, out, code: 'answer-close' }
      request = ''
      at += delimiter.length
    } else {
      request += String.fromCharCode(stream[at] as number)
      at += 1
    }
  }
  if (request.length >= requestBytesMax + delimiter.length) {
    return { requests, out, code: 'request-too-long' }
  }
  return { requests, out, code: request === '' ? 'finished' : 'truncated' }
}

function startsAt(stream: Buffer, delimiter: Buffer, at: number): boolean {
  for (let offset = 0; offset < delimiter.length; offset++) {
    if (stream[at + offset] !== delimiter[offset]) return false
  }
  return true
}
