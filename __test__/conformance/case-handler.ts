/** The handler of a case: does what the case says, when the case says. */

import type { Handler, Response } from '../../src/types.ts'
import { type Behaviour, bytes } from './cases.ts'

type Settle = () => void

export class CaseHandler {
  /** Requests that the case does not foresee; a fault of the case or of the server. */
  readonly faults: string[] = []
  readonly #behaviours: ReadonlyMap<string, Behaviour>
  readonly #notify: () => void
  readonly #asked = new Set<string>()
  readonly #waiting = new Map<string, Settle[]>()

  /** `notify` is called whenever the handler was asked. */
  constructor(behaviours: ReadonlyMap<string, Behaviour>, notify: () => void) {
    this.#behaviours = behaviours
    this.#notify = notify
  }

  readonly handle: Handler = request => {
    const behaviour = this.#behaviours.get(request)
    this.#asked.add(request)
    this.#notify()
    if (behaviour === undefined) {
      this.faults.push(request)
      throw new Error(`the case does not foresee ${JSON.stringify(request)}`)
    }
    if (typeof behaviour === 'object') {
      if ('answer' in behaviour) return response(behaviour.answer)
      return this.#later(request, resolve => resolve(response(behaviour.later)))
    }
    return this.#act(behaviour, request)
  }

  /** Whether the handler was asked this, at any time. */
  wasAsked(request: string): boolean {
    return this.#asked.has(decoded(request))
  }

  /** Whether a release of this request would let an answer go. */
  isWaiting(request: string): boolean {
    return (this.#waiting.get(decoded(request))?.length ?? 0) > 0
  }

  /** Lets the oldest answer to this request go. */
  release(request: string): void {
    const settle = this.#waiting.get(decoded(request))?.shift()
    if (!settle) throw new Error(`nothing to release for ${JSON.stringify(request)}`)
    settle()
  }

  #act(behaviour: Exclude<Behaviour, object>, request: string): Response | Promise<Response> {
    switch (behaviour) {
      case 'close':
        return null
      case 'close-later':
        return this.#later(request, resolve => resolve(null))
      case 'throw':
        throw new Error('thrown by the case')
      case 'reject':
        return Promise.reject(new Error('rejected by the case'))
      case 'throw-later':
        return this.#later(request, (_, reject) => reject(new Error('rejected by the case')))
      case 'nonsense':
        return 42 as unknown as Response
      case 'never':
        return new Promise(() => {})
    }
  }

  #later(
    request: string,
    settle: (resolve: (response: Response) => void, reject: (error: Error) => void) => void,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(request) ?? []
      waiting.push(() => settle(resolve, reject))
      this.#waiting.set(request, waiting)
      this.#notify()
    })
  }
}

function decoded(request: string): string {
  return bytes(request).toString('utf8')
}

/** ASCII goes as text and all else as bytes, so that both kinds are tried. */
function response(answer: string): Response {
  const isAscii = [...answer].every(character => character.charCodeAt(0) < 0x80)
  return isAscii ? answer : new Uint8Array(bytes(answer))
}
