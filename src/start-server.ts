/** The ways to start a server: one function for each engine that a user picks from. */

import { callback } from './architectures/callback.ts'
import { poll } from './architectures/poll.ts'
import { LancelotServer } from './server.ts'
import type { Encoding, ServerOptions } from './types.ts'

/**
 * Starts a native server: event loops on threads of their own, which answer from `answers` without
 * waking JavaScript.
 *
 * Rejects as `startJsServer` does, and with `ERR_LANCELOT_ADDON_MISSING` where the addon was not
 * built.
 */
export function startPollServer<E extends Encoding = 'utf8'>(
  options: ServerOptions<E> = {},
): Promise<LancelotServer<E>> {
  return LancelotServer.start(poll, options)
}

/**
 * Starts a server in pure JavaScript, on node:net. Same options, same bytes as the native one; it
 * needs no addon, but answers nobody while JavaScript is busy. `loops` must be 1.
 *
 * Rejects with `ERR_LANCELOT_OPTION_*`, `ERR_LANCELOT_ROUTE`, `ERR_LANCELOT_ANSWER_*`, the
 * system's code (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, `ENOTFOUND`, ...) or the reason of
 * `signal`; then nothing is open.
 */
export function startJsServer<E extends Encoding = 'utf8'>(
  options: ServerOptions<E> = {},
): Promise<LancelotServer<E>> {
  return LancelotServer.start(callback, options)
}
