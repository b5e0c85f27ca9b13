/**
 * However the process of a busy server ends, it ends: with the code it was told, silently, in time.
 *
 * Each life is a process of its own, `life.mjs`, in the same runtime. The load comes from here.
 */

import { strict as assert } from 'node:assert'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const LIFE = fileURLToPath(new URL('life.mjs', import.meta.url))
const HANG_MS = 10_000
/** Before anyone asks: long enough for a process to end that its server does not keep alive. */
const IDLE_MS = 50

/** Half of it is in the table, half is the handler's. Each answer is one byte. */
const PIECE = 'known?ask?'.repeat(32)
const ANSWERS_PER_PIECE = 64

/** Ways to end, how the process is to end by them, and what the Worker's code is to be. */
const WAYS = [
  ['close', 'ends by itself once its server was closed', 0],
  ['exit', 'ends at process.exit', 7],
  ['throw', 'ends at an uncaught exception', 1],
  ['signal', 'ends at SIGTERM', 'SIGTERM'],
  ['close-on-signal', 'ends by itself if it closes its server at SIGTERM', 0],
  ['unref', 'ends by itself once its server is unreferenced, though it has peers', 0],
  ['worker-close', 'ends with its Worker, once that closed its server', 0, 0],
  ['worker-exit', 'ends with its Worker, at process.exit in it', 0, 7],
  ['worker-terminate', 'ends with its Worker, once that was terminated', 0, 1],
  ['worker-main-exit', 'ends at process.exit beside a Worker', 7],
]

/** The checks, for one engine. */
export function livesOf(engine) {
  return WAYS.map(([way, rule, how, workerCode]) => ({
    title: `${engine}: the process of a busy server ${rule}`,
    run: () => Promise.all([0, 1].map(odd => live(engine, way, how, workerCode, odd))),
  }))
}

async function live(engine, way, how, workerCode, odd) {
  const child = spawn(process.execPath, [LIFE, engine, way, String(odd)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines = []
  let stderr = ''
  createInterface({ input: child.stdout }).on('line', line => {
    const [word, value] = line.split(' ')
    if (word === 'port') setTimeout(askUntilGone, IDLE_MS, Number(value))
    else lines.push(line)
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const hang = setTimeout(() => child.kill('SIGKILL'), HANG_MS)
  const [code, signal] = await once(child, 'close')
  clearTimeout(hang)
  assert.equal(signal ?? code, how, `ended by ${signal ?? code}, not ${how}: ${stderr}`)
  if (way === 'throw') assert.match(stderr, /thrown on purpose/)
  else assert.equal(stderr, '')
  // The last words of a Worker that ends itself may be lost.
  const words = way === 'worker-exit' ? [] : ['busy']
  if (workerCode !== undefined) words.push(`worker ${workerCode}`)
  assert.deepEqual(
    lines.filter(line => words.includes(line)),
    words,
  )
}

/** Pipelines, one piece after the other. That the server dies is the test. */
function askUntilGone(port) {
  const socket = connect({ host: '127.0.0.1', port })
  let owed = ANSWERS_PER_PIECE
  socket.write(PIECE)
  socket.on('data', answers => {
    owed -= answers.length
    if (owed > 0) return
    owed += ANSWERS_PER_PIECE
    socket.write(PIECE)
  })
  socket.on('error', () => {})
}
