/** Runs the program `lancelot` and interrupts it, as Ctrl-C does. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { ExecutionContext } from 'ava'
import type { Ended } from './run-cli.ts'

/** Sends SIGINT once stderr matches, and waits for the end. */
export async function interrupted(
  t: ExecutionContext,
  when: RegExp,
  ...words: string[]
): Promise<Ended> {
  const program = ['--import', '@oxc-node/core/register', 'src/cli/main.ts']
  const child = spawn(process.execPath, [...program, ...words])
  t.teardown(() => child.kill('SIGKILL'))
  const closed = once(child, 'close')
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    stdout += piece
  })
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    stderr += piece
    if (when.test(stderr) && !child.killed) child.kill('SIGINT')
  })
  const [code] = await closed
  return { code, stdout, stderr }
}
