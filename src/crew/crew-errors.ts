/** What a crew or a pool tells of its members that fail. */

import { LancelotError } from '../errors.ts'

/** A member or a thread that ended by itself; `what` follows from it. */
export function workerError(name: string, how: string, what: string): LancelotError {
  return new LancelotError('ERR_LANCELOT_WORKER', `${name} ended by itself (${how})${what}`)
}

/** A member that cannot be replaced. */
export function noDescriptorError(): LancelotError {
  const message = 'a member cannot be replaced: no descriptor of the listener is left'
  return new LancelotError('ERR_LANCELOT_WORKER', message)
}

/** Events that a member did not keep, for its leader did not take those before. */
export function droppedError(count: number): LancelotError {
  const message = `${count} events were dropped: JavaScript did not take them in time`
  return new LancelotError('ERR_LANCELOT_EVENTS_DROPPED', message)
}
