/** One listener under several descriptors: for threads and processes that accept from one queue. */

import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import test from 'ava'
import { loadAddon, systemFault } from '../../src/native.ts'

/** How many descriptors the process has open. */
function countDescriptors(): number {
  return readdirSync('/dev/fd').length
}

async function serve(fd: number, greeting: string): Promise<Server> {
  const server = createServer(socket => socket.end(greeting))
  server.listen({ fd })
  await once(server, 'listening')
  return server
}

async function read(port: number): Promise<string> {
  let text = ''
  for await (const piece of connect(port, '127.0.0.1')) text += String(piece)
  return text
}

test.serial('whoever takes a descriptor accepts, until the last of them is closed', async t => {
  const { shareListener } = await loadAddon()
  const { port, descriptors } = shareListener('127.0.0.1', 0, 16, 2)
  t.is(new Set(descriptors).size, 2)
  const [first, second] = descriptors as [number, number]
  const one = await serve(first, 'one')
  t.is(await read(port), 'one')
  const two = await serve(second, 'two')
  one.close()
  await once(one, 'close')
  t.is(await read(port), 'two')
  two.close()
  await once(two, 'close')
  await t.throwsAsync(read(port), { code: 'ECONNREFUSED' })
})

test.serial('descriptors that nobody took are closed on request', async t => {
  const { shareListener, closeDescriptors } = await loadAddon()
  const before = countDescriptors()
  const { port, descriptors } = shareListener('127.0.0.1', 0, 16, 3)
  t.is(countDescriptors(), before + 3)
  closeDescriptors(descriptors)
  t.is(countDescriptors(), before)
  await t.throwsAsync(read(port), { code: 'ECONNREFUSED' })
})

test.serial('a port in use is refused as elsewhere, and nothing is left open', async t => {
  const { shareListener, closeDescriptors } = await loadAddon()
  const { port, descriptors } = shareListener('127.0.0.1', 0, 16, 1)
  const before = countDescriptors()
  const error = t.throws(() => shareListener('127.0.0.1', port, 16, 3)) as Error
  t.like(systemFault(error), { code: 'EADDRINUSE', syscall: 'listen' })
  t.is(countDescriptors(), before)
  closeDescriptors(descriptors)
})
