/**
 * What a careful person writes on `Deno.listen`: a loop for each peer, one write for what one read
 * brought, and a limit on a question's length. `deno run --allow-net=127.0.0.1 deno.mjs PORT`.
 */

import { tableAnswer } from './handlers.mjs'

const QUESTION_LENGTH_MAX = 16_384
const PIECE_LENGTH_MAX = 65_536

const encoder = new TextEncoder()
const decoder = new TextDecoder('latin1')
const port = Number(Deno.args[0])

const listener = Deno.listen({ hostname: '127.0.0.1', port })

for (;;) {
  try {
    void serve(await listener.accept())
  } catch {
    // It left while it was queued, or there are no descriptors. Both pass.
    await new Promise(resolve => setTimeout(resolve, 1))
  }
}

async function serve(connection) {
  try {
    connection.setNoDelay(true)
    await converse(connection)
  } catch {
    // The peer is gone, and with it whom we could tell.
  } finally {
    connection.close()
  }
}

/** Returns when the peer has finished, or when a question is too long. */
async function converse(connection) {
  const piece = new Uint8Array(PIECE_LENGTH_MAX)
  let rest = ''
  while (rest.length <= QUESTION_LENGTH_MAX) {
    const length = await connection.read(piece)
    if (length === null) return
    const text = rest + decoder.decode(piece.subarray(0, length))
    let answers = ''
    let start = 0
    for (let end = text.indexOf('?'); end !== -1; end = text.indexOf('?', start)) {
      if (end - start > QUESTION_LENGTH_MAX) break
      answers += tableAnswer(text.slice(start, end))
      start = end + 1
    }
    rest = text.slice(start)
    if (answers !== '') await writeAll(connection, encoder.encode(answers))
  }
}

async function writeAll(connection, bytes) {
  let sent = 0
  while (sent < bytes.length) sent += await connection.write(bytes.subarray(sent))
}
