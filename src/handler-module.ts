/** Imports the module of a handler, in whichever thread or process is to run it. */

import { LancelotError } from './errors.ts'
import type { Encoding, Handler } from './types.ts'

/**
 * The handler that a module exports by default. Rejects with `ERR_LANCELOT_HANDLER_MODULE` where
 * the module cannot be imported, or exports something else.
 */
export async function importHandler(url: URL): Promise<Handler<Encoding>> {
  const { default: handler } = await importModule(url)
  if (typeof handler === 'function') return handler as Handler<Encoding>
  const came = handler === undefined ? 'nothing' : `a value of type ${typeof handler}`
  throw failure(url, `exports ${came} by default; export the handler: export default function`)
}

async function importModule(url: URL): Promise<{ default?: unknown }> {
  try {
    return await import(url.href)
  } catch (cause) {
    throw failure(url, `cannot be imported: ${(cause as Error).message}`, cause)
  }
}

function failure(url: URL, fault: string, cause?: unknown): LancelotError {
  const details = { cause, option: 'handlerModule' }
  return new LancelotError(
    'ERR_LANCELOT_HANDLER_MODULE',
    `the module ${url.href} ${fault}`,
    details,
  )
}
