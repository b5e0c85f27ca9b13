/** What is known of listening sockets. */

import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { commandContestant } from '../../src/load/contestants.ts'
import { countWaiting, findServerPid } from '../../src/load/listeners.ts'
import { startServerProcess } from '../../src/load/server-process.ts'

const SERVER = fileURLToPath(new URL('./broken-server.mjs', import.meta.url))

const onLinux = process.platform === 'linux' ? test : test.skip

onLinux('connections that a server has not taken wait in its queue', async t => {
  const command = `right='${process.execPath}' '${SERVER}' none {port}`
  const { pid, port, stop } = await startServerProcess(commandContestant(command))
  t.teardown(stop)
  t.deepEqual([findServerPid(port), countWaiting(port)], [pid, 0])
  process.kill(pid, 'SIGSTOP')
  for (let waiting = 1; waiting <= 3; waiting++) {
    const socket = connect(port, '127.0.0.1')
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    t.is(countWaiting(port), waiting)
  }
})
