/** Conversations with a server under test, over plain sockets. */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Connects. */
export async function open(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true })
  await once(socket, 'connect')
  return socket
}

/** Sends these pieces and a FIN, and returns all that came before the server's. */
export async function converse(
  port: number,
  pieces: readonly (string | Uint8Array)[],
): Promise<Buffer> {
  const socket = await open(port)
  const came: Buffer[] = []
  socket.on('data', piece => came.push(piece))
  const ended = once(socket, 'end')
  for (const piece of pieces) socket.write(piece)
  socket.end()
  await ended
  return Buffer.concat(came)
}

/** Waits until so many bytes came, and returns them. */
export async function read(socket: Socket, bytes: number): Promise<Buffer> {
  const came: Buffer[] = []
  let length = 0
  while (length < bytes) {
    const [piece] = (await once(socket, 'data')) as [Buffer]
    came.push(piece)
    length += piece.length
  }
  return Buffer.concat(came)
}

/** Ends the connection and waits until it is closed. */
export async function hangUp(socket: Socket): Promise<void> {
  socket.end().resume()
  if (!socket.closed) await once(socket, 'close')
}

/** Runs `work` for 0, 1, ... `count - 1`, a few at a time. */
export async function inTurns(
  count: number,
  atOnce: number,
  work: (number: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const queue = async (): Promise<void> => {
    while (next < count) {
      const number = next
      next += 1
      await work(number)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, queue))
}
