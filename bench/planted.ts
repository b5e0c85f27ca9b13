/**
 * The floor with a known slowdown: as many rounds of useless work for each request as cost a
 * certain share of its CPU more.
 *
 * What a round costs is found by a pilot: the floor beside itself with many rounds, slices in turn.
 */

import { pairedLogRatio } from '../src/load/bootstrap.ts'
import { type Contestant, LANCELOT_EXCHANGES } from '../src/load/contestants.ts'
import { type Generator, startGenerator } from '../src/load/generator.ts'
import { LOAD_CORE, SERVER_CORE } from '../src/load/machine.ts'
import { type ServerProcess, startServerProcess } from '../src/load/server-process.ts'
import { median } from '../src/load/statistics.ts'
import { BenchError } from './bench-error.ts'
import { releaseProgram } from './programs.ts'

/**
 * Rounds that every floor does here. Without them the generator is the slower side: the server
 * sleeps between requests, and who has a little more to do sleeps less often, which hides it.
 */
const BASE_SPIN = 1000
/** Makes a request dearer by a third or more, so that the pilot's own noise does not matter. */
const PILOT_SPIN = 1000
const SLICE = { warmMs: 50, measureMs: 250 } as const

/** What the pilot found. */
export interface Pilot {
  /** CPU of one request of the floor, in nanoseconds. */
  requestNs: number
  /** CPU of one round, in nanoseconds. */
  roundNs: number
}

/** The floor, under a name, with so many rounds more for each request than all of them do. */
export function floorContestant(name: string, spin: number): Contestant {
  const words = ['{port}', String(BASE_SPIN + spin)]
  return {
    name,
    kind: 'command',
    command: [releaseProgram('lancelot-floor'), ...words],
    shown: ['lancelot-floor', ...words],
    summary: `the floor, with ${BASE_SPIN + spin} rounds of work for nothing`,
    exchanges: LANCELOT_EXCHANGES,
    // It knows three questions, and any other is its own answer.
    unknown: null,
  }
}

/** How many rounds make a request dearer by `share`. */
export function spinFor(share: number, { requestNs, roundNs }: Pilot): number {
  return Math.round((share * requestNs) / roundNs)
}

/** Measures what a request and a round cost. `rounds`: pairs of slices. */
export async function runPilot(rounds: number, users: number): Promise<Pilot> {
  const servers: ServerProcess[] = []
  const generator = await startGenerator(LOAD_CORE)
  try {
    for (const spin of [0, PILOT_SPIN]) {
      servers.push(await startServerProcess(floorContestant('floor', spin), { core: SERVER_CORE }))
    }
    const [plain = [], spinning = []] = await alternate(servers, generator, rounds, users)
    const ratio = Math.exp(pairedLogRatio(spinning, plain) ?? Number.NaN)
    const requestNs = median(plain) * 1000
    const pilot = { requestNs, roundNs: (requestNs * (ratio - 1)) / PILOT_SPIN }
    if (pilot.roundNs > 0) return pilot
    throw new BenchError(
      'MACHINE_UNFIT',
      `${PILOT_SPIN} rounds made a request ${ratio} times as dear; expected more than 1: the ` +
        'machine is too noisy, end what else runs on it',
    )
  } finally {
    await generator.stop()
    for (const server of servers) await server.stop()
  }
}

/** CPU us per request of each server, a slice of each in every round. */
async function alternate(
  servers: readonly ServerProcess[],
  generator: Generator,
  rounds: number,
  users: number,
): Promise<number[][]> {
  const costs: number[][] = servers.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [index, { port, pid }] of servers.entries()) {
      const { serverCpuUs, right } = await generator.run({
        shape: 'run',
        port,
        pid,
        model: { kind: 'closed', users },
        ...SLICE,
      })
      costs[index]?.push(serverCpuUs / right)
    }
  }
  return costs
}
