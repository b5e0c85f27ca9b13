/** A child process of a test: what it printed, and how it ended. */

import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** No child of these tests needs a tenth of it: what does not end in it hangs. */
const HANG_MS = 20_000

/** How a child ended. */
export interface Ended {
  /** Its exit code, the signal that ended it, or `hung`. */
  readonly how: number | NodeJS.Signals | 'hung' | null
  readonly lines: readonly string[]
  readonly stderr: string
}

/** Runs a script of `children/`, with the built package; `onLine` is told what it prints. */
export function runChild(
  script: string,
  words: readonly string[],
  onLine: (line: string, child: ChildProcess) => void = () => {},
  hangMs: number = HANG_MS,
): Promise<Ended> {
  const path = fileURLToPath(new URL(`children/${script}`, import.meta.url))
  const child = spawn(process.execPath, [path, ...words], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  const lines: string[] = []
  let stderr = ''
  let isHung = false
  createInterface({ input: child.stdout }).on('line', line => {
    lines.push(line)
    onLine(line, child)
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const hang = setTimeout(() => {
    isHung = true
    child.kill('SIGKILL')
  }, hangMs)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(hang)
      resolve({ how: isHung ? 'hung' : (signal ?? code), lines, stderr })
    })
  })
}
