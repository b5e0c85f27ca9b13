/**
 * JavaScript's side of the crossing alone: a handler that looks requests up in a Map.
 *
 * `node crossing.mjs ADDON calls`, or `node crossing.mjs ADDON border N numbers|written`: so many
 * requests of one connection follow one another, and those seen before cross as numbers or not.
 * Obeys `run N`: answers so many requests, and prints what came of it.
 */

import { NativeConnections } from '../../dist/src/native-connection.js'
import { Inbox } from '../../dist/src/native-inbox.js'
import { NativeRequests } from '../../dist/src/native-requests.js'
import { obey } from './control.mjs'

const [addon, way, perConnection, known] = process.argv.slice(2)
const loaded = { exports: {} }
process.dlopen(loaded, addon)
const { BorderCrossing, CallCrossing, exchanges } = loaded.exports

const answers = new Map(exchanges())
const handler = request => answers.get(request)
const crossing = way === 'calls' ? byCalls() : byBorder()

function byCalls() {
  const native = new CallCrossing((number, request) => native.reply(number, handler(request)))
  return native
}

/** What `src/architectures/poll.ts` does with requests, without the rest. */
function byBorder() {
  const native = new BorderCrossing(Number(perConnection), known === 'numbers', () => inbox.drain())
  const settings = { answerBytesMax: 1024, encoding: 'utf8', handler, routes: [] }
  const connections = new NativeConnections({ settings, startedAtMs: Date.now() }, 1)
  const requests = new NativeRequests(native, settings, [], error => {
    throw error
  })
  const inbound = {
    requests: (whom, route, number, run, count) => {
      // Nobody told of connections that opened, for there is no loop.
      const connection = connections.look(whom) ?? connections.meet(whom, undefined, 0)
      requests.ask(connection, route, number, run, count)
    },
    batchEnded: () => requests.flush(),
  }
  const inbox = new Inbox(native, inbound, 'utf8', 1)
  return native
}

obey('ready', {
  run: requests =>
    new Promise(resolve => {
      crossing.run(Number(requests), (wallUs, wrong, missing) =>
        resolve(JSON.stringify({ wallUs, wrong, missing })),
      )
    }),
})
