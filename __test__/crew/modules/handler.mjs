/** A handler for the tests of crews: does what the request says. */

import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { threadId } from 'node:worker_threads'

export default (request, connection) => {
  const [what, argument] = request.split(' ')
  switch (what) {
    case 'where':
      return `${process.pid}/${threadId}.`
    case 'die':
      return process.exit(3)
    case 'block':
      return block(argument)
    case 'hold':
      return hold(argument)
    case 'throw':
      throw new Error('thrown in a module')
    case 'close':
      return null
    case 'nonsense':
      return 42
    case 'send':
      return connection.send('pushed ').then(isTaken => `${isTaken}.`)
    case 'flood':
      return flood(connection, Number(argument))
    case 'later':
      return sleep(1).then(() => 'Later.')
    default:
      return `M${request}.`
  }
}

/** Blocks its thread until the shared memory of a test, or the clock, says otherwise. */
function block(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(ms))
  return 'Unblocked.'
}

/** Blocks its thread until a file is there that a test makes; `.held` says that it has begun. */
function hold(path) {
  writeFileSync(`${path}.held`, '')
  while (!existsSync(path)) block(1)
  return 'Free.'
}

/** Sends so many MiB in one go. */
async function flood(connection, count) {
  const piece = 'x'.repeat(1024 * 1024)
  const taken = await Promise.all(Array.from({ length: count }, () => connection.send(piece)))
  return `${taken.filter(isTaken => isTaken).length}.`
}
