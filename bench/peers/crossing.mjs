/**
 * JavaScript's side of the crossing alone: a handler that looks requests up in a Map.
 *
 * `node crossing.mjs ADDON calls`, or `node crossing.mjs ADDON border N numbers|written`: so many
 * requests of one connection follow one another, and those seen before cross as numbers or not.
 * Obeys `run N`: answers so many requests, and prints what came of it.
 */

import { Inbox } from '../../dist/src/native-inbox.js'
import { Outbox } from '../../dist/src/native-outbox.js'
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

/** The product's inbox and outbox; the rest of its driver is about connections. */
function byBorder() {
  const native = new BorderCrossing(Number(perConnection), known === 'numbers', () => inbox.drain())
  const outbox = new Outbox(native, 'utf8')
  let whom
  const inbox = new Inbox(
    native,
    {
      runBegan(began) {
        whom = began
      },
      request(number, request) {
        outbox.respond(whom, number, handler(request))
      },
      batchEnded() {
        outbox.flush()
      },
    },
    'utf8',
    1,
  )
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
