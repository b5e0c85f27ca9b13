/** A plain socket for the smoke set: sends bytes, and waits for what comes back. */

import { strict as assert } from 'node:assert'
import { once } from 'node:events'
import { connect } from 'node:net'

export class Peer {
  #socket
  #received = ''
  #isOver = false
  #changed = () => {}

  constructor(socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', text => {
      this.#received += text
      this.#changed()
    })
    const over = () => {
      this.#isOver = true
      this.#changed()
    }
    // A reset is an end like another: what was received says whether it was right.
    socket.on('error', over)
    socket.on('end', over)
    socket.on('close', over)
  }

  static async open(port) {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
    const peer = new Peer(socket)
    await once(socket, 'connect')
    return peer
  }

  /** Bytes, as text of latin1. */
  send(text) {
    this.#socket.write(text, 'latin1')
  }

  /** Waits for exactly this text of latin1, from the beginning. */
  async expect(text) {
    await this.#until(() => this.#received.length >= text.length)
    // Not `equal` of the texts: a message of megabytes helps nobody.
    if (this.#received === text) return
    assert.fail(`received ${brief(this.#received)}, not ${brief(text)}`)
  }

  /** Waits until the server has ended the conversation. */
  async ended() {
    await this.#until(() => false)
  }

  /** Sends a FIN and waits for the other one. */
  async finish() {
    this.#socket.end()
    await this.ended()
  }

  destroy() {
    this.#socket.destroy()
  }

  async #until(isEnough) {
    while (!isEnough() && !this.#isOver) {
      await new Promise(resolve => {
        this.#changed = resolve
      })
    }
  }
}

const BRIEF = 200

function brief(text) {
  const begin = JSON.stringify(text.slice(0, BRIEF))
  return text.length <= BRIEF ? begin : `${begin} ... (${text.length} bytes)`
}
