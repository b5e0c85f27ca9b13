/**
 * Checks what is sent outside any response, and to whom: the arguments of `send`, `broadcast`,
 * `join` and `leave`.
 */

import type { HandlerSettings } from './ask-handler.ts'
import { LancelotError } from './errors.ts'
import { describe, isBytes } from './option-table.ts'
import { GROUP_BYTES_MAX } from './options.ts'
import { encode, encodeFault } from './text-encoding.ts'

/** How many groups a connection may be a member of. */
export const GROUPS_PER_CONNECTION_MAX = 64

/** A copy of what is to be sent, as bytes. Throws `ERR_LANCELOT_ARGUMENT`. */
export function parsePush(bytes: unknown, settings: HandlerSettings): Buffer {
  const { answerBytesMax, encoding } = settings
  if (!isBytes(bytes)) throw argumentError('bytes', describe(bytes), 'text or bytes')
  const push = encode(bytes, encoding)
  if (push === undefined) throw argumentError('bytes', encodeFault(bytes))
  if (push.length <= answerBytesMax) return push
  throw argumentError('bytes', `${push.length} bytes`, `at most answerBytesMax (${answerBytesMax})`)
}

/** The name of a group, as it reads after a way through UTF-8. Throws `ERR_LANCELOT_ARGUMENT`. */
export function parseGroup(group: unknown): string {
  const allowed = `text of 1 to ${GROUP_BYTES_MAX} bytes`
  if (typeof group !== 'string') throw argumentError('group', describe(group), allowed)
  const bytes = Buffer.from(group)
  if (bytes.length === 0 || bytes.length > GROUP_BYTES_MAX) {
    throw argumentError('group', `${bytes.length} bytes`, allowed)
  }
  return bytes.toString()
}

/** `allowed` may already stand in what came. */
function argumentError(argument: string, came: string, allowed?: string): LancelotError {
  const ending = allowed === undefined ? '' : `; allowed is ${allowed}`
  return new LancelotError('ERR_LANCELOT_ARGUMENT', `argument ${argument} is ${came}${ending}`)
}
