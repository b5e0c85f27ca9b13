/**
 * A server that pushes: peers join a group, and what one of them says is sent to all of it.
 *
 * Run `npm run build`, then `node examples/push.mjs`, then `nc localhost 1061` in two terminals.
 * Type `join knights` in both, and `say Ni!` in one.
 */

import { startPollServer } from 'lancelot'

/** The group that a connection is in; `data` is the program's own. */
function join(request, connection) {
  const group = request.slice('join '.length)
  if (!/^\w{1,32}$/.test(group)) return 'a group has a name of 1 to 32 letters and digits'
  // What is asked of a connection is done in the order in which it was asked.
  if (connection.data !== undefined) connection.leave(connection.data)
  connection.join(group)
  connection.data = group
  return `you are in ${group}`
}

async function say(request, connection) {
  if (connection.data === undefined) return 'join a group first'
  const text = `#${connection.id}: ${request.slice('say '.length)}\n`
  // Sent from native threads; who does not keep up with reading is passed over, and not counted.
  const reached = await server.broadcast(text, { to: connection.data })
  return `${reached} heard you`
}

const server = await startPollServer({
  port: Number(process.argv[2] ?? 1061),
  delimiter: '\n',
  answerSuffix: '\n',
  greeting: 'Welcome. Say: join NAME, say TEXT, or quit\n',
  answers: { quit: { answer: 'Farewell.', close: true } },
  routes: { 'join ': join, 'say ': say },
  unknownAnswer: 'join NAME, say TEXT, or quit',
})

console.log(`listening on ${server.address.host}:${server.address.port}, Ctrl-C stops`)

process.once('SIGINT', async () => {
  const reached = await server.broadcast('The server stops.\n')
  console.log(`${reached} were told that it stops`)
  await server.close()
})
