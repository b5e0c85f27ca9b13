/** A peer that does what a case says, over a real socket, and keeps every byte that it gets. */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Address } from '../../src/types.ts'
import { bytes, text } from './cases.ts'
import { Changes } from './changes.ts'

export class Peer {
  readonly #changes: Changes
  readonly #socket: Socket
  readonly #pieces: string[] = []
  #expectedBytes = 0
  #isFinished = false
  #isEnded = false

  private constructor(socket: Socket, changes: Changes) {
    this.#socket = socket
    this.#changes = changes
    socket.setNoDelay(true)
    socket.on('data', piece => {
      this.#pieces.push(text(piece))
      changes.notify()
    })
    const end = (): void => {
      this.#isEnded = true
      changes.notify()
    }
    socket.on('end', end)
    socket.on('error', end)
    socket.on('close', end)
  }

  /** Connects. `changes` is told of everything that arrives. */
  static async connect(address: Address, changes: Changes = new Changes()): Promise<Peer> {
    const { host, port } = address
    const socket = connect({ host, port, allowHalfOpen: true })
    await once(socket, 'connect')
    return new Peer(socket, changes)
  }

  /** What arrived so far. */
  get out(): string {
    return this.#pieces.join('')
  }

  /** What was expected so far. */
  get expected(): string {
    return this.out.slice(0, this.#expectedBytes)
  }

  /** Sends bytes as one piece. A server that is gone does not mind, and neither does the peer. */
  async send(data: string): Promise<void> {
    if (this.#socket.writable) {
      await new Promise<void>(resolve => this.#socket.write(bytes(data), () => resolve()))
    }
  }

  /** Waits for these bytes, which follow those expected before. */
  async expect(wanted: string): Promise<void> {
    const start = this.#expectedBytes
    this.#expectedBytes += wanted.length
    const arrived = (): string => this.out.slice(start, start + wanted.length)
    const isThere = (): boolean => {
      if (!wanted.startsWith(arrived())) {
        throw new Error(`expected ${JSON.stringify(wanted)}, got ${JSON.stringify(arrived())}`)
      }
      if (arrived() === wanted) return true
      if (this.#isEnded) throw new Error(`the end came instead of ${JSON.stringify(wanted)}`)
      return false
    }
    await this.#changes.until(isThere, () => `for ${JSON.stringify(wanted)}`)
  }

  /** Sends a FIN, once. */
  finish(): void {
    if (!this.#isFinished) this.#socket.end()
    this.#isFinished = true
  }

  /** Resets the connection. */
  reset(): void {
    this.#isFinished = true
    this.#socket.resetAndDestroy()
  }

  /** Reads until the server sends no more. */
  async readToEnd(): Promise<void> {
    await this.#changes.until(
      () => this.#isEnded,
      () => `for the end after ${JSON.stringify(this.out)}`,
    )
  }

  /** Lets go of the socket, whatever state it is in. */
  destroy(): void {
    this.#socket.destroy()
  }
}
