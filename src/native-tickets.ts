/**
 * What JavaScript asked of the loops of a native server, and what they reply.
 *
 * Every question has a ticket; replies come under it, one from each loop that was asked. Once the
 * server is gone no reply comes any more, and what came until then is all.
 */

import type { ConnectionStats } from './types.ts'

/** What one loop replies. */
export type Reply =
  | { reached: number }
  | { stats: ConnectionStats | undefined }
  /** Slots and generations in turn, and the slot to go on from; undefined: these were the last. */
  | { listed: readonly number[]; next: number | undefined }

interface Question {
  left: number
  readonly replies: Reply[]
  readonly resolve: (replies: readonly Reply[]) => void
}

/** The open questions of one server. */
export class Tickets {
  readonly #questions = new Map<number, Question>()
  #last = 0

  /** Asks: `act` says how many loops will reply. Resolves to their replies. */
  ask(act: (ticket: number) => number): Promise<readonly Reply[]> {
    this.#last = (this.#last + 1) >>> 0
    const ticket = this.#last
    const left = act(ticket)
    if (left === 0) return Promise.resolve([])
    return new Promise(resolve => {
      this.#questions.set(ticket, { left, replies: [], resolve })
    })
  }

  /** A reply came. */
  settle(ticket: number, reply: Reply): void {
    const question = this.#questions.get(ticket)
    if (question === undefined) return
    question.replies.push(reply)
    question.left -= 1
    if (question.left > 0) return
    this.#questions.delete(ticket)
    question.resolve(question.replies)
  }

  /** No reply comes any more. */
  end(): void {
    for (const question of this.#questions.values()) question.resolve(question.replies)
    this.#questions.clear()
  }
}

/** How many connections the loops reached, together. */
export function sumReached(replies: readonly Reply[]): number {
  return replies.reduce((sum, reply) => sum + ('reached' in reply ? reply.reached : 0), 0)
}
