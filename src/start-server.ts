/** The ways to start a server: one for every design, and one for each that is picked most. */

import { ARCHITECTURES } from './architectures/gallery.ts'
import { parseArchitecture } from './options.ts'
import { LancelotServer } from './server.ts'
import type { Encoding, ServerOptions, StartOptions } from './types.ts'

/**
 * Starts a server of the design that `architecture` names: the same options, the same bytes on the
 * wire, another arrangement of sockets, loops, threads and processes.
 *
 * Rejects with `ERR_LANCELOT_OPTION_*`, `ERR_LANCELOT_ROUTE`, `ERR_LANCELOT_ANSWER_*`,
 * `ERR_LANCELOT_HANDLER_MODULE`, `ERR_LANCELOT_ARCHITECTURE`, `ERR_LANCELOT_ADDON_MISSING`, the
 * system's code (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, `ENOTFOUND`, ...) or the reason of
 * `signal`; then nothing is open.
 */
export async function startServer<E extends Encoding = 'utf8'>(
  options: StartOptions<E> = {},
): Promise<LancelotServer<E>> {
  const name = parseArchitecture(options)
  const { architecture: _, ...others } = options
  return LancelotServer.start(ARCHITECTURES[name], others)
}

/** Starts a native server: `startServer` with the architecture `poll`. */
export function startPollServer<E extends Encoding = 'utf8'>(
  options: ServerOptions<E> = {},
): Promise<LancelotServer<E>> {
  return LancelotServer.start(ARCHITECTURES.poll, options)
}

/**
 * Starts a server in pure JavaScript, which needs no addon, but answers nobody while JavaScript is
 * busy: `startServer` with the architecture `callback`.
 */
export function startJsServer<E extends Encoding = 'utf8'>(
  options: ServerOptions<E> = {},
): Promise<LancelotServer<E>> {
  return LancelotServer.start(ARCHITECTURES.callback, options)
}
