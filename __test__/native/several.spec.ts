/** Several loops in one server, several servers in one process, several environments. */

import { readdir, readFile } from 'node:fs/promises'
import test from 'ava'
import { runChild } from './child.ts'
import { start } from './start.ts'
import { converse, hangUp, inTurns, open, read } from './talk.ts'

const LOOPS = 4

/** The names of this process's threads that are loops. */
async function loopThreads(): Promise<string[]> {
  const tasks = await readdir('/proc/self/task')
  const names = await Promise.all(
    // Some other thread may have ended since it was listed.
    tasks.map(task => readFile(`/proc/self/task/${task}/comm`, 'utf8').catch(() => '')),
  )
  return names.map(name => name.trim()).filter(name => /^lancelot-\d+$/.test(name))
}

test.serial('four loops have a thread each and share the connections', async t => {
  const ids = new Set<number>()
  const server = await start(t, {
    loops: LOOPS,
    answers: { q: 'a' },
    handler: (request, connection) => {
      ids.add(connection.id)
      return `${request} `
    },
  })
  const connections = 200
  const sockets = await Promise.all(
    Array.from({ length: connections }, () => open(server.address.port)),
  )
  await Promise.all(
    sockets.map(async (socket, number) => {
      socket.write(`q?${number}?q?`)
      const wanted = `a${number} a`
      t.is((await read(socket, wanted.length)).toString(), wanted)
    }),
  )
  t.is(ids.size, connections)
  if (process.platform === 'linux') {
    const wanted = ['lancelot-0', 'lancelot-1', 'lancelot-2', 'lancelot-3']
    t.deepEqual((await loopThreads()).toSorted(), wanted)
  }
  const { accepted, open: opened, answered, handled } = server.stats()
  t.deepEqual(
    [accepted, opened, answered, handled],
    [connections, connections, 2 * connections, connections],
  )
  await Promise.all(sockets.map(hangUp))
  t.deepEqual(await server.close(), { drained: 0, cut: 0 })
})

test.serial('every loop may have a listener of its own', async t => {
  const server = await start(t, { loops: LOOPS, reusePort: true, answers: { q: 'a' } })
  await inTurns(200, 20, async () => {
    t.is((await converse(server.address.port, ['q?'])).toString(), 'a')
  })
  t.is(server.stats().accepted, 200)
})

test.serial('servers of one process know nothing of each other', async t => {
  const servers = await Promise.all(
    ['one', 'two', 'three'].map(name =>
      start(t, { answers: { name }, handler: request => `${name}:${request}` }),
    ),
  )
  const [first, second, third] = servers.map(server => server.address.port)
  t.is((await converse(first as number, ['name?x?'])).toString(), 'oneone:x')
  await servers[0]?.close()
  t.is((await converse(second as number, ['name?x?'])).toString(), 'twotwo:x')
  await servers[1]?.close()
  t.is((await converse(third as number, ['name?x?'])).toString(), 'threethree:x')
  t.is(servers[2]?.stats().accepted, 1)
})

test.serial('the end of one Worker leaves the server of another alone', async t => {
  const ports = new Map<string, number>()
  const heard: string[] = []
  const child = await runChild('two-workers.mjs', [], async (line, child) => {
    const [what, name = '', port] = line.split(' ')
    if (what === 'port') ports.set(name, Number(port))
    if (what === 'port' && ports.size < 2) return
    for (const [name, port] of ports) {
      if (what === 'ended' && name === 'first') continue
      heard.push((await converse(port, ['name?you?'])).toString())
    }
    if (what === 'port') child.stdin?.write('end the first\n')
    else child.stdin?.end()
  })
  t.is(child.stderr, '')
  t.is(child.how, 0)
  const second = 'second.second heard you.'
  t.deepEqual(heard, ['first.first heard you.', second, second])
})
