/** Starts the peers of `bench/peers/contestants.json`, those whose runtime is here. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import type { Address } from '../../src/types.ts'
import { SocketClient } from '../socket-client.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const START_MS_MAX = 30_000
const FIRST_PORT = 20_000
const PORTS = 12_000

let tried = 0

export type Exchange = readonly [request: string, response: string]

/** An entry of the list; see `bench/peers/README.md`. */
export interface Contestant {
  name: string
  summary: string
  command: readonly string[]
  needs: string
  build?: readonly string[]
  exchanges?: readonly Exchange[]
  unknown?: Exchange | null
}

export const CONTESTANTS: readonly Contestant[] = JSON.parse(
  readFileSync(`${ROOT}bench/peers/contestants.json`, 'utf8'),
)

/** Why a contestant cannot run here, or undefined if it can. */
export function whyNot({ needs, command, build }: Contestant): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  if (!folders.some(folder => isProgram(join(folder, needs)))) return `${needs} is not installed`
  if (build && !isProgram(join(ROOT, command[0] ?? ''))) return `not built: ${build.join(' ')}`
  return undefined
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** A peer, running, that takes connections. */
export interface PeerProgram {
  address: Address
  process: ChildProcess
}

/** Starts one on a free port, and ends it with the test. */
export async function startPeer(
  t: ExecutionContext,
  { command }: Pick<Contestant, 'command'>,
): Promise<PeerProgram> {
  const port = await freePort()
  const [program = '', ...words] = command.map(word => word.replace('{port}', String(port)))
  const child = spawn(program, words, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr?.setEncoding('utf8').on('data', text => {
    errors += text
  })
  const ended = once(child, 'close')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const address: Address = { host: '127.0.0.1', port, family: 'IPv4' }
  const giveUpAt = performance.now() + START_MS_MAX
  while (!(await accepts(address))) {
    if (child.exitCode !== null) throw new Error(`${command.join(' ')} ended: ${errors}`)
    if (performance.now() > giveUpAt) throw new Error(`${command.join(' ')} does not listen`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  return { address, process: child }
}

/** Below the ports that the system picks, so that nobody who lets it pick gets it meanwhile. */
async function freePort(): Promise<number> {
  for (;;) {
    tried += 1
    const port = FIRST_PORT + ((process.pid * 31 + tried) % PORTS)
    const server = createServer()
    const isFree = await new Promise<boolean>(resolve => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

async function accepts(address: Address): Promise<boolean> {
  try {
    const client = await SocketClient.open(address)
    await client.finish()
    return true
  } catch {
    return false
  }
}
