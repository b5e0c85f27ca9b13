/** The line from a leader to a member that is a process: its IPC channel. */

import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Port, PortListener } from './crew-member.ts'
import type { Report } from './messages.ts'

/** What is sent with a socket. */
export const SOCKET = 'socket'
/** What a member says first: it hears. In a worker of cluster what was sent before that is lost. */
export const HELLO = 'hello'

/** A child that was started with an IPC channel whose serialization is `advanced`. */
export class ChildPort implements Port {
  readonly hand: ((socket: Socket) => void) | undefined
  readonly #child: ChildProcess
  /** What was posted before it could hear. */
  #early: (readonly unknown[])[] | undefined = []

  /** `takesSockets`: whether it can be handed any. */
  constructor(child: ChildProcess, listener: PortListener, takesSockets: boolean) {
    this.#child = child
    this.hand = takesSockets ? socket => this.#hand(socket) : undefined
    child.on('message', (message: unknown) => {
      this.#handing?.destroy()
      this.#handing = undefined
      if (message === HELLO) this.#greet()
      else listener.heard(message as readonly Report[])
    })
    // What was sent before the end may be read after the exit was told.
    let endsLeft = 2
    let how = ''
    const end = (): void => {
      endsLeft -= 1
      if (endsLeft === 0) listener.ended(how)
    }
    child.once('exit', (code, signal) => {
      how = signal === null ? `exit code ${code}` : `signal ${signal}`
      end()
    })
    child.once('disconnect', end)
    child.on('error', error => {
      if (child.pid === undefined) listener.ended(error.message)
    })
  }

  get name(): string {
    return `the member process ${this.#child.pid ?? 'that could not be started'}`
  }

  /** What cannot be sent any more is missed by nobody. */
  post(batch: readonly unknown[]): void {
    if (this.#early !== undefined) this.#early.push(batch)
    else if (this.#child.connected) this.#child.send(batch as never, () => {})
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  setRef(isRef: boolean): void {
    if (isRef) {
      this.#child.ref()
      this.#child.channel?.ref()
    } else {
      this.#child.unref()
      this.#child.channel?.unref()
    }
  }

  #greet(): void {
    const early = this.#early ?? []
    this.#early = undefined
    for (const batch of early) this.post(batch)
  }

  /** The leader's copy is kept until the member has its own, so that none is lost on the way. */
  #hand(socket: Socket): void {
    this.#handing = socket
    if (this.#child.connected) this.#child.send(SOCKET, socket, { keepOpen: true }, () => {})
    else socket.destroy()
  }
}
