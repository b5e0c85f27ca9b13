/** Sockets that somebody else accepted and hands over, one by one. */

import type { Socket } from 'node:net'
import type { SocketSource, SocketTaker } from '../socket-source.ts'
import type { Address } from '../types.ts'

/** The source of a member that does not listen itself. */
export class HandedSource implements SocketSource {
  readonly address: Address
  #taker: SocketTaker | undefined
  #openCount = 0
  /** Whether it was told that no more come. */
  #isClosed = false
  #ended: (() => void) | undefined

  /** `address` is where they were accepted. */
  constructor(address: Address) {
    this.address = address
  }

  begin(taker: SocketTaker): void {
    this.#taker = taker
  }

  hand(socket: Socket): void {
    socket.allowHalfOpen = true
    this.#openCount += 1
    socket.once('close', () => {
      this.#openCount -= 1
      this.#settle()
    })
    this.#taker?.take(socket)
  }

  /** More may come until `close`. */
  finish(ended: () => void): void {
    this.#ended = ended
    this.#settle()
  }

  close(): void {
    this.#isClosed = true
    this.#settle()
  }

  setRef(): void {}

  #settle(): void {
    if (!this.#isClosed || this.#openCount > 0) return
    this.#ended?.()
    this.#ended = undefined
  }
}
