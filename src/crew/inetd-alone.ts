/**
 * Serves one connection for a super-server that is not ours: answers from a file, and no handler.
 *
 * Prints nothing, whatever fails, for standard output and error may be the connection too: the exit
 * code says how it went. Ends with the connection.
 */

import type { Socket } from 'node:net'
import { readAnswers } from '../answers-file.ts'
import type { Observer } from '../architectures/architecture.ts'
import { readByCallbacks } from '../architectures/callback.ts'
import { JsDriver } from '../js-driver.ts'
import { parseServerOptions } from '../options.ts'
import { AnswerMap } from '../protocol/answers.ts'
import { HandedSource } from './handed-source.ts'

/** The answers cannot be used: `EX_CONFIG` of sysexits.h, which systemd shows as `CONFIG`. */
const BAD_ANSWERS_EXIT = 78
/** A fault of ours: `EX_SOFTWARE`. */
const FAULT_EXIT = 70

/** Serves what `open` opens, with the answers of a file; without one every request is unknown. */
export async function serveAlone(open: () => Socket, path: string | undefined): Promise<void> {
  process.removeAllListeners('warning')
  process.on('uncaughtException', () => process.exit(FAULT_EXIT))
  const settings = parseServerOptions({})
  let answers: AnswerMap
  try {
    answers = new AnswerMap(settings, path === undefined ? [] : await readAnswers(path))
  } catch {
    process.exit(BAD_ANSWERS_EXIT)
  }
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
