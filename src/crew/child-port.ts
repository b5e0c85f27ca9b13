/** The line from a leader to a member that is a process: its IPC channel. */

import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Port, PortListener } from './crew-port.ts'
import type { Report } from './messages.ts'

/** What is sent with a socket. */
export const SOCKET = 'socket'
/** What a member says first: it hears. In a worker of cluster what was sent before that is lost. */
export const HELLO = 'hello'

/** How long the channel of a process that has ended is read. */
const READ_MS = 100

/** A child that was started with an IPC channel whose serialization is `advanced`. */
export class ChildPort implements Port {
  readonly hand: ((socket: Socket) => void) | undefined
  readonly #child: ChildProcess
  /** What it was handed last. */
  #handing: Socket | undefined
  /** What was posted before it could hear. */
  #early: (readonly unknown[])[] | undefined = []

  /** `takesSockets`: whether it can be handed any. */
  constructor(child: ChildProcess, listener: PortListener, takesSockets: boolean) {
    this.#child = child
    this.hand = takesSockets ? socket => this.#hand(socket) : undefined
    child.on('message', (message: unknown) => {
      if (message === HELLO) this.#greet()
      else {
        const batch = message as readonly Report[]
        if (batch.some(([kind]) => kind === 'took')) this.#handing?.destroy()
        listener.heard(batch)
      }
    })
    let isOver = false
    const end = (how: string): void => {
      if (isOver) return
      isOver = true
      this.#handing?.destroy()
      listener.ended(how)
    }
    child.once('exit', (code, signal) => {
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`
      // What was sent before the end may be read after the exit was told, and of a channel that
      // broke within a message no end is told at all.
      child.once('disconnect', () => end(how))
      setTimeout(end, child.connected ? READ_MS : 0, how)
    })
    child.on('error', error => {
      if (child.pid === undefined) end(error.message)
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

  /** The leader's copy is kept until the member has its own, so that it is closed if that dies. */
  #hand(socket: Socket): void {
    this.#handing = socket
    if (this.#child.connected) this.#child.send(SOCKET, socket, { keepOpen: true }, () => {})
    else socket.destroy()
  }
}
