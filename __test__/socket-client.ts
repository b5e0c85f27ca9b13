/** A plain socket for tests of servers: sends bytes, and waits for what comes back. */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Address } from '../src/types.ts'

export class SocketClient {
  readonly socket: Socket
  /** How the connection ended: with a FIN, or the code of an error. */
  readonly ended: Promise<string>
  #received = ''
  #arrived: () => void = () => {}

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      this.#received += text
      this.#arrived()
    })
    this.ended = new Promise(resolve => {
      socket.once('end', () => resolve('fin'))
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      socket.once('close', () => resolve('closed'))
    })
    void this.ended.then(() => this.#arrived())
  }

  static async open({ host, port }: Address): Promise<SocketClient> {
    const client = new SocketClient(connect({ host, port, allowHalfOpen: true }))
    await once(client.socket, 'connect')
    return client
  }

  get received(): string {
    return this.#received
  }

  send(text: string): void {
    this.socket.write(text, 'latin1')
  }

  /** Waits for exactly this text, from the beginning. */
  async expect(text: string): Promise<void> {
    let isOver = false
    void this.ended.then(() => {
      isOver = true
    })
    while (this.#received.length < text.length && !isOver) {
      await new Promise<void>(resolve => {
        this.#arrived = resolve
      })
    }
    if (this.#received !== text) throw new Error(`received ${this.#received}, not ${text}`)
  }

  /** Sends a FIN and waits for the other one. */
  async finish(): Promise<string> {
    this.socket.end()
    return this.ended
  }

  /** Ends the conversation at once, with a RST. */
  reset(): void {
    this.socket.resetAndDestroy()
  }
}
