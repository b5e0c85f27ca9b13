/** Connections of the core for tests: settings, and the smallest driver that there can be. */

import { parseServerOptions } from '../../src/options.ts'
import { AnswerMap } from '../../src/protocol/answers.ts'
import { Connection } from '../../src/protocol/connection.ts'
import { Routes } from '../../src/protocol/routes.ts'
import { newStats, type Shared } from '../../src/protocol/shared.ts'
import type { Decoded, Encoding, ServerOptions, Stats } from '../../src/types.ts'

/** What the connections of one server share; nobody observes anything. */
export function shareOf<E extends Encoding = 'utf8'>(
  options: ServerOptions<E>,
): Shared & { tally: Stats } {
  const settings = parseServerOptions(options)
  const answers = new AnswerMap(settings, settings.answers)
  const routes = new Routes(settings.routes, settings.handler)
  const interest = { requested: false, responded: false }
  return { settings, answers, routes, interest, tally: newStats() }
}

export function openConnection(options: ServerOptions = {}, now = 0): Connection {
  return new Connection(shareOf(options), now)
}

/** The peer sends bytes of latin1 text. */
export function send(connection: Connection, text: string, now = 0): void {
  connection.handlePiece(Buffer.from(text, 'latin1'), now)
}

/** The peer takes all that may leave, or at most `bytesMax` of it. */
export function receive(connection: Connection, now = 0, bytesMax: number = Infinity): string {
  let received = ''
  for (;;) {
    const output = connection.takeOutput(Math.min(bytesMax - received.length, 65_536))
    if (output === undefined) return received
    received += output.toString('latin1')
    connection.handleSent(output.length, now)
    if (received.length >= bytesMax) return received
  }
}

/** The numbers of the requests that were handed to the handler, by their text. */
export function asked(connection: Connection): Map<Decoded, number> {
  const numbers = new Map<Decoded, number>()
  for (let task = connection.takeTask(); task; task = connection.takeTask()) {
    if (task.kind === 'request') numbers.set(task.request, task.number)
  }
  return numbers
}
