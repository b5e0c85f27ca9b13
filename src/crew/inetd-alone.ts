/**
 * Serves one connection for a super-server that is not ours: answers from a file, and no handler.
 *
 * Prints nothing, for standard output and error may be the connection too. Ends with it.
 */

import type { Socket } from 'node:net'
import { readAnswers } from '../answers-file.ts'
import type { Observer } from '../architectures/architecture.ts'
import { readByCallbacks } from '../architectures/callback.ts'
import { JsDriver } from '../js-driver.ts'
import { parseServerOptions } from '../options.ts'
import { AnswerMap } from '../protocol/answers.ts'
import { HandedSource } from './handed-source.ts'

/** Rejects with `ERR_LANCELOT_ANSWERS_FILE`. Without a file every request is unknown. */
export async function serveAlone(open: () => Socket, path: string | undefined): Promise<void> {
  const settings = parseServerOptions({})
  const answers = new AnswerMap(settings, path === undefined ? [] : await readAnswers(path))
  const socket = open()
  const { localAddress: host = '', localPort: port = 0, localFamily } = socket
  const family = localFamily === 'IPv6' ? 'IPv6' : 'IPv4'
  const source = new HandedSource({ host, port, family })
  new JsDriver({ settings, answers, source, read: readByCallbacks }, SILENT)
  source.hand(socket)
}

const SILENT: Observer = {
  opened: () => {},
  requested: () => {},
  responded: () => {},
  closed: () => {},
  failed: () => {},
  overloaded: () => {},
  relieved: () => {},
}
