/**
 * The pure-JavaScript server: callbacks of node:net, on JavaScript's own thread.
 *
 * It behaves as the native server does, byte for byte, and needs no addon. While JavaScript is
 * blocked it answers nobody; that is what the native one is for.
 */

import type { Socket } from 'node:net'
import { JsDriver } from '../js-driver.ts'
import type { ServerSettings } from '../options.ts'
import type { PieceTaker, Reading } from '../peer.ts'
import { AnswerMap } from '../protocol/answers.ts'
import { checkEngine, ListenerSource, listen } from '../socket-source.ts'
import type { Architecture, Driver, Observer } from './architecture.ts'

/** One thread, and a callback for whatever happens to a socket. */
export const callback: Architecture = {
  name: 'callback',
  summary: 'callbacks of node:net on the thread of JavaScript',
  start,
}

async function start(settings: ServerSettings, observer: Observer): Promise<Driver> {
  checkEngine(settings)
  const answers = new AnswerMap(settings, settings.answers)
  const source = new ListenerSource(await listen(settings))
  return new JsDriver({ settings, answers, source, read: readByCallbacks }, observer)
}

/** Calls for every piece; the socket itself is paused and resumed. */
export function readByCallbacks(socket: Socket, taker: PieceTaker): Reading {
  socket.on('data', piece => taker.handlePiece(piece))
  socket.on('end', () => taker.handleFinished())
  return socket
}
