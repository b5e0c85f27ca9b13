/**
 * A client of the gate: it sends what it is told, byte for byte, and remembers what came.
 *
 * Knows no protocol. It also does what good clients do not: reset, half-close, not read.
 */

import { connect, type Socket } from 'node:net'

/**
 * How long an answer may take before it counts as lost. Over a full listen queue the system tries
 * again after 1 s, then 2 s: slow is not lost.
 */
export const ANSWER_MS_MAX = 5000
/** How long the server may take to let a client in: a full listen queue costs seconds. */
const CONNECT_MS_MAX = 10_000

/** What ended the wait for bytes. */
export type Waited = 'came' | 'ended' | 'late'

/** One connection to the server. */
export interface Caller {
  /** All that came, as latin1. */
  received(): string
  /** Whether the server finished or broke the connection. */
  isEnded(): boolean
  /** Sends bytes (latin1); resolves when they have left, or never can. */
  send(text: string): Promise<void>
  /** Resolves once so many bytes came in all, the server ended, or for so long nothing came. */
  waitFor(bytes: number, msMax?: number): Promise<Waited>
  /** Resolves once the server ended the connection, to whether it did in time. */
  waitForEnd(msMax?: number): Promise<boolean>
  /** Finishes sending, and goes on reading. */
  finish(): void
  /** Stops reading, or begins again. */
  setReading(reads: boolean): void
  /** Leaves in order: finishes sending and does not look back. */
  leave(): void
  /** Leaves with a reset. */
  reset(): void
}

/** Connects. Rejects with the system's error, or after 10 s. */
export async function call(port: number): Promise<Caller> {
  const socket = await connected(port)
  socket.setEncoding('latin1')
  let received = ''
  let isEnded = false
  let wake = (): void => {}
  socket.on('data', (text: string) => {
    received += text
    wake()
  })
  const end = (): void => {
    isEnded = true
    wake()
  }
  socket.on('end', end).on('close', end)
  // A connection that breaks has ended; the check says whether that is right.
  socket.on('error', end)

  function until(isMet: () => boolean, msMax: number): Promise<boolean> {
    if (isMet()) return Promise.resolve(true)
    return new Promise(resolve => {
      const timer = setTimeout(() => finish(false), msMax)
      const finish = (met: boolean): void => {
        clearTimeout(timer)
        wake = () => {}
        resolve(met)
      }
      wake = () => {
        if (isMet()) finish(true)
      }
    })
  }

  return {
    received: () => received,
    isEnded: () => isEnded,
    send: text =>
      new Promise(resolve => {
        if (socket.writable) socket.write(text, 'latin1', () => resolve())
        else resolve()
      }),
    waitFor: async (bytes, msMax = ANSWER_MS_MAX) => {
      for (;;) {
        const before = received.length
        await until(() => received.length >= bytes || isEnded, msMax)
        if (received.length >= bytes) return 'came'
        if (isEnded) return 'ended'
        if (received.length === before) return 'late'
      }
    },
    waitForEnd: (msMax = ANSWER_MS_MAX) => until(() => isEnded, msMax),
    finish: () => {
      socket.end()
    },
    setReading: reads => {
      if (reads) socket.resume()
      else socket.pause()
    },
    leave: () => {
      socket.end()
      // What still comes is of no interest, and a server that never ends it must not keep us.
      socket.resume().destroySoon()
    },
    reset: () => {
      // Node cannot reset what is finishing, and then would not close it either.
      if (socket.writableEnded) socket.destroy()
      else socket.resetAndDestroy()
    },
  }
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const timer = setTimeout(() => {
      socket.destroy(new Error(`no connection within ${CONNECT_MS_MAX / 1000} s`))
    }, CONNECT_MS_MAX)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', reject)
      resolve(socket)
    })
    socket.once('error', error => {
      clearTimeout(timer)
      reject(error)
    })
  })
}
