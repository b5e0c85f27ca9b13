/** Runs the program `lancelot` as a process of its own. */

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { Changes } from '../conformance/changes.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PROGRAM = ['--import', '@oxc-node/core/register', 'src/cli/main.ts']

/** How a run ended. */
export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** A run of the program. */
export class Run {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  readonly #changes = new Changes()
  readonly #closed: Promise<unknown>
  stdout = ''
  stderr = ''

  constructor(t: ExecutionContext, words: readonly string[]) {
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
    this.#child = spawn(process.execPath, [...PROGRAM, ...words], { cwd: ROOT, stdio })
    this.#closed = once(this.#child, 'close')
    this.#child.stdout.setEncoding('utf8').on('data', text => {
      this.stdout += text
      this.#changes.notify()
    })
    this.#child.stderr.setEncoding('utf8').on('data', text => {
      this.stderr += text
      this.#changes.notify()
    })
    this.#closed.then(() => this.#changes.notify())
    t.teardown(() => this.#child.kill('SIGKILL'))
  }

  /** Waits until stdout matches, and returns the match. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    const isOver = (): boolean => this.#child.exitCode !== null || this.#child.signalCode !== null
    const isSo = (): boolean => {
      if (pattern.test(this.stdout)) return true
      if (isOver()) throw new Error(`it ended before ${pattern}: ${this.stdout}${this.stderr}`)
      return false
    }
    await this.#changes.until(isSo, () => `for ${pattern} in ${JSON.stringify(this.stdout)}`)
    const match = pattern.exec(this.stdout)
    if (!match) throw new Error('a pattern that matched no longer does')
    return match
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async ended(): Promise<Ended> {
    await this.#closed
    return { code: this.#child.exitCode, stdout: this.stdout, stderr: this.stderr }
  }
}

/** Runs the program to its end. */
export function run(t: ExecutionContext, ...words: string[]): Promise<Ended> {
  return new Run(t, words).ended()
}

/** Starts `serve` on a free port of the architecture `callback`; returns the run and the port. */
export async function serve(
  t: ExecutionContext,
  ...words: string[]
): Promise<{ server: Run; port: string }> {
  const server = new Run(t, ['serve', '--architecture', 'callback', '--port', '0', ...words])
  const [, port = ''] = await server.until(/listening on 127\.0\.0\.1:(\d+)|"port":(\d+)/)
  const [, jsonPort] = /"port":(\d+)/.exec(server.stdout) ?? []
  return { server, port: jsonPort ?? port }
}
