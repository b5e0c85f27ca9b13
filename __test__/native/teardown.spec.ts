/**
 * However a server's environment ends, under load: no abort, no crash, no hang. Each 200 times.
 *
 * A process dies once, so those lives are small children; Workers end many to a child. The load
 * comes from here, so that it goes on while a child is taken down.
 */

import test, { type ExecutionContext } from 'ava'
import { type Ended, runChild } from './child.ts'
import { askUntilGone } from './load.ts'

const LIVES = 200
const CHILDREN_AT_ONCE = 3
/** What hangs is found by the limit for one child, so these leave room for a busy machine. */
const WORKERS_MS = 240_000
const TEST_MS = 300_000

function ask(line: string): void {
  const [, port] = /^port (\d+)$/.exec(line) ?? []
  if (port !== undefined) askUntilGone(Number(port))
}

/** Lives so many lives, a few at a time, and counts how they ended. */
async function endings(
  lives: number,
  live: (number: number) => Promise<Ended>,
): Promise<{ hows: Record<string, number>; stderr: Set<string> }> {
  const hows: Record<string, number> = {}
  const stderr = new Set<string>()
  let begun = 0
  const queue = async (): Promise<void> => {
    while (begun < lives) {
      begun += 1
      const ended = await live(begun)
      hows[String(ended.how)] = (hows[String(ended.how)] ?? 0) + 1
      stderr.add(ended.stderr)
    }
  }
  await Promise.all(Array.from({ length: CHILDREN_AT_ONCE }, queue))
  return { hows, stderr }
}

async function processesEnd(
  t: ExecutionContext,
  way: string,
  how: string,
  lives: number = LIVES,
): Promise<void> {
  t.timeout(TEST_MS)
  const { hows, stderr } = await endings(lives, number =>
    runChild('life.mjs', [way, String(number)], ask),
  )
  t.deepEqual(hows, { [how]: lives }, [...stderr].join('\n'))
  if (way === 'throw') t.true([...stderr].every(text => text.includes('thrown on purpose')))
  else t.deepEqual([...stderr], [''])
}

/** The children's children are Workers: the limit is for all of their lives together. */
async function workersEnd(t: ExecutionContext, way: string, code: number): Promise<void> {
  t.timeout(TEST_MS)
  const { how, lines, stderr } = await runChild(
    'worker-lives.mjs',
    [way, String(LIVES)],
    ask,
    WORKERS_MS,
  )
  t.is(stderr, '')
  t.is(how, 0)
  const { codes, loops, descriptors } = JSON.parse(lines.at(-1) ?? '{}')
  t.deepEqual({ codes, loops }, { codes: { [code]: LIVES }, loops: 0 })
  // Node opens one or two of its own with its first Worker; a leak would be one for each life.
  t.true(descriptors < LIVES / 10, `${descriptors} descriptors more than before`)
}

test.serial('a process ends by itself once its server was closed', t =>
  processesEnd(t, 'close-and-end', '0'),
)

test.serial('a process whose server is busy ends by itself once it is unreferenced', t =>
  processesEnd(t, 'unref', '0'),
)

test.serial('process.exit ends a process whose server is busy', t => processesEnd(t, 'exit', '7'))

test.serial('an uncaught exception ends a process whose server is busy', t =>
  processesEnd(t, 'throw', '1'),
)

test.serial('process.exit ends a process whose server is closing, or has just closed', t =>
  processesEnd(t, 'close-and-exit', '7'),
)

test.serial('SIGTERM ends a process whose server is busy', t =>
  processesEnd(t, 'signal', 'SIGTERM'),
)

test.serial('a process that closes its server at SIGTERM ends by itself', t =>
  processesEnd(t, 'drain-on-signal', '0'),
)

test.serial('process.exit in a Worker ends it while its server is busy', t =>
  workersEnd(t, 'exit', 7),
)

test.serial('terminate ends a Worker whose server is busy', t => workersEnd(t, 'terminate', 1))

test.serial('a Worker ends by itself once its server was closed', t => workersEnd(t, 'close', 0))

test.serial('process.exit in a Worker ends it while its server is closing', t =>
  workersEnd(t, 'close-and-exit', 7),
)

test.serial('process.exit in the main thread ends Workers whose servers are busy', async t => {
  t.timeout(TEST_MS)
  const { hows, stderr } = await endings(LIVES / 4, () =>
    runChild('worker-lives.mjs', ['main-exits', '3'], ask),
  )
  t.deepEqual(hows, { 7: LIVES / 4 }, [...stderr].join('\n'))
  t.deepEqual([...stderr], [''])
})
