/** The peers of `bench/peers/contestants.json`, and how a test starts one. */

import { accessSync, constants } from 'node:fs'
import type { ExecutionContext } from 'ava'
import {
  type Contestant,
  type ContestantsOfFile,
  commandContestant,
  readContestants,
} from '../../src/load/contestants.ts'
import { type ServerProcess, startServerProcess } from '../../src/load/server-process.ts'
import type { Address } from '../../src/types.ts'

/** All peers, those that cannot run here with the reason. */
export const PEERS: ContestantsOfFile = await readContestants('bench/peers/contestants.json')

/** Why a peer cannot run though its runtime is here, or undefined. */
export function whyNot({ build, command }: Contestant): string | undefined {
  if (build === undefined) return undefined
  try {
    accessSync(command[0] ?? '', constants.X_OK)
    return undefined
  } catch {
    return `not built: ${build.join(' ')}`
  }
}

/** A peer in Python of this name, or undefined where there is no Python. */
export function pythonPeer(file: string): Contestant | undefined {
  const isHere = PEERS.contestants.some(({ command }) => command[0] === 'python3')
  return isHere ? commandContestant(`peer=python3 bench/peers/${file} {port}`) : undefined
}

/** A peer, running. */
export interface PeerProgram {
  address: Address
  server: ServerProcess
}

/** Starts one on a free port, and ends it with the test. */
export async function startPeer(t: ExecutionContext, contestant: Contestant): Promise<PeerProgram> {
  const server = await startServerProcess(contestant)
  t.teardown(() => server.stop())
  return { address: { host: '127.0.0.1', port: server.port, family: 'IPv4' }, server }
}
