/**
 * The pure-JavaScript server as coroutines: for each connection one async function, which awaits
 * the next piece, hands it over, and goes round until the peer has finished.
 *
 * It differs from `callback` in how a socket is read, and in nothing else; beside it, it shows what
 * async iteration over a socket costs. The stream reads up to its own high-water mark ahead.
 */

import type { Socket } from 'node:net'
import { JsDriver } from '../js-driver.ts'
import type { ServerSettings } from '../options.ts'
import type { PieceTaker, Reading } from '../peer.ts'
import { AnswerMap } from '../protocol/answers.ts'
import { checkEngine, ListenerSource, listen } from '../socket-source.ts'
import type { Architecture, Driver, Observer } from './architecture.ts'

/** One thread, and an async function for each connection. */
export const coroutine: Architecture = {
  name: 'coroutine',
  summary: 'an async function for each connection, on the thread of JavaScript',
  start,
}

async function start(settings: ServerSettings, observer: Observer): Promise<Driver> {
  checkEngine(settings)
  const answers = new AnswerMap(settings, settings.answers)
  const source = new ListenerSource(await listen(settings))
  return new JsDriver({ settings, answers, source, read: readByCoroutine }, observer)
}

function readByCoroutine(socket: Socket, taker: PieceTaker): Reading {
  const gate = new Gate()
  void converse(socket, taker, gate)
  return gate
}

/** The life of one connection, from top to bottom. */
async function converse(socket: Socket, taker: PieceTaker, gate: Gate): Promise<void> {
  try {
    for await (const piece of socket.iterator({ destroyOnReturn: false })) {
      if (gate.opening !== undefined) await gate.opening
      taker.handlePiece(piece)
      if (gate.opening !== undefined) await gate.opening
    }
    taker.handleFinished()
  } catch {
    // The socket failed, or was let go: the peer has heard of it.
  }
}

/** What a coroutine waits at while its peer is not to be read. */
class Gate implements Reading {
  /** Resolves when it opens; undefined: it is open. */
  opening: Promise<void> | undefined
  #open: () => void = () => {}

  pause(): void {
    this.opening = new Promise(resolve => {
      this.#open = resolve
    })
  }

  resume(): void {
    this.opening = undefined
    this.#open()
  }
}
