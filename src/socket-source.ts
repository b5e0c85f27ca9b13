/**
 * Where the sockets of a server in JavaScript come from: a listener, or somebody who hands them
 * over.
 *
 * Knows nothing of what is done with a socket.
 */

import {
  type AddressInfo,
  createServer,
  type ListenOptions,
  type Server,
  type Socket,
} from 'node:net'
import { listenError, resolveHost } from './listen-error.ts'
import { rangeError } from './option-table.ts'
import type { ServerSettings } from './options.ts'
import type { Address } from './types.ts'

/** Who is given the sockets. */
export interface SocketTaker {
  take(socket: Socket): void
  acceptFailed(cause: Error): void
}

/** Gives sockets that let their ends finish apart (`allowHalfOpen`). */
export interface SocketSource {
  readonly address: Address
  begin(taker: SocketTaker): void
  /** Gives those that came before this, and no more; `ended` once all that it gave are closed. */
  finish(ended: () => void): void
  /** Gives no more from now on. Only after `finish`. */
  close(): void
  /** Whether it keeps the process alive. */
  setRef(isRef: boolean): void
}

/** A listener of node:net, which is listening. */
export class ListenerSource implements SocketSource {
  readonly address: Address
  readonly #listener: Server

  constructor(listener: Server) {
    const { address, port, family } = listener.address() as AddressInfo
    this.address = { host: address, port, family: family === 'IPv6' ? 'IPv6' : 'IPv4' }
    this.#listener = listener
  }

  begin(taker: SocketTaker): void {
    this.#listener.on('connection', socket => taker.take(socket))
    this.#listener.on('error', cause => taker.acceptFailed(cause))
  }

  finish(ended: () => void): void {
    this.#listener.once('close', ended)
    // Two turns, with a poll between them: who connected before the stop is served as well.
    setImmediate(() => setImmediate(() => this.close()))
  }

  close(): void {
    if (this.#listener.listening) this.#listener.close()
  }

  setRef(isRef: boolean): void {
    if (isRef) this.#listener.ref()
    else this.#listener.unref()
  }
}

/** Refuses what an engine in JavaScript cannot do. Throws `ERR_LANCELOT_OPTION_RANGE`. */
export function checkEngine({ loops, reusePort }: ServerSettings): void {
  if (loops !== 1) {
    throw rangeError('loops', String(loops), '1: the JavaScript engine has one event loop')
  }
  if (reusePort && !canReusePort()) {
    const came = `true, which Node.js ${process.versions.node} cannot do`
    throw rangeError('reusePort', came, 'false, or Node.js 22.12 or 23.1 and later')
  }
}

/** Listens as the settings say. Rejects with a LancelotError, having opened nothing. */
export async function listen(settings: ServerSettings, isPaused = false): Promise<Server> {
  const { port, backlog, reusePort } = settings
  const host = await resolveHost(settings.host)
  const where: ListenOptions & { reusePort?: boolean } = { host, port, backlog }
  if (reusePort) where.reusePort = true
  const listener = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: isPaused })
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(listenError(cause, settings.host, port))
    listener.once('error', fail)
    listener.listen(where, () => {
      listener.off('error', fail)
      resolve(listener)
    })
  })
}

/** Listens on a descriptor that already does, and owns it from now on. */
export async function listenOn(descriptor: number, settings: ServerSettings): Promise<Server> {
  const { backlog, host, port } = settings
  const listener = createServer({ allowHalfOpen: true, noDelay: true })
  return new Promise((resolve, reject) => {
    listener.once('error', cause => reject(listenError(cause, host, port)))
    listener.listen({ fd: descriptor, backlog }, () => {
      listener.removeAllListeners('error')
      resolve(listener)
    })
  })
}

function canReusePort(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)
}
