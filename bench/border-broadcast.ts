/**
 * A push of 64 bytes to 15,000 connections: the server's CPU for each of them.
 *
 * Every server has its own crowd of connections, which stay for the whole run; the pushes of all
 * servers are interleaved at random. The crowd reads and compares every byte. The floor is a loop
 * of send(2), which is what the kernel alone charges.
 */

import { type Generator, startGenerator } from '../src/load/generator.ts'
import { LOAD_CORE, requireTools } from '../src/load/machine.ts'
import {
  lowerQuartile,
  type Ratio,
  ratioOfLowerQuartiles,
  seededRandom,
} from '../src/load/statistics.ts'
import { cpuUs, untilAtRest } from './accounts.ts'
import type { BorderSettings } from './border-settings.ts'
import { type Faults, faultsOf, isFaulty, sumFaults } from './faults.ts'
import { holdAll, manyConnections } from './memory.ts'
import { planSlices } from './plan.ts'
import { buildServers, entryOf, type RunningServer, startServers, stopAll } from './servers.ts'
import { figure, markdownTable, ratioFigure, wantedNote } from './table.ts'

const ENTRIES = [entryOf('floor'), entryOf('native'), entryOf('node-net', 'broadcast')]
const TEXT_BYTES = 64
const NODE_AT_MOST = 0.2

/** A server and its own crowd. */
interface Pair {
  server: RunningServer
  crowd: Generator
}

/** Measures and prints the table. Resolves to the faults of all pushes. */
export async function measureBroadcast(settings: BorderSettings): Promise<Faults> {
  requireTools('taskset')
  buildServers(ENTRIES.map(({ server }) => server))
  const connections = manyConnections(settings.quick)
  const servers = await startServers(ENTRIES)
  const pairs: Pair[] = []
  try {
    for (const server of servers) pairs.push({ server, crowd: await startGenerator(LOAD_CORE) })
    const held: Faults[] = []
    for (const { server, crowd } of pairs) {
      held.push(await holdAll(server, crowd, connections, 'silent'))
    }
    const { costs, faults } = await pushAll(pairs, connections, settings)
    print(costs, connections, settings.seed)
    return sumFaults([...held, ...faults])
  } finally {
    await stopAll([...pairs.map(({ crowd }) => crowd), ...servers])
  }
}

/** The CPU microseconds per connection of every push, by label, in the order of the rounds. */
type Costs = Map<string, number[]>

async function pushAll(
  pairs: readonly Pair[],
  connections: number,
  { rounds, seed }: BorderSettings,
): Promise<{ costs: Costs; faults: Faults[] }> {
  const costs: Costs = new Map()
  const faults: Faults[] = []
  for (const planned of planSlices(pairs, ['push'], rounds, seededRandom(seed))) {
    const { server, crowd } = planned.server
    const text = `Hear ye, for the ${planned.round}th time`.padEnd(TEXT_BYTES, '.')
    const before = await cpuUs(server.pid)
    const received = crowd.receive(text)
    const [reached, result] = await Promise.all([server.ask(`broadcast ${text}`), received])
    await untilAtRest(server.pid)
    const cost = ((await cpuUs(server.pid)) - before) / connections
    costs.set(server.label, [...(costs.get(server.label) ?? []), cost])
    // It says how many it reached, and must not be wrong about that either.
    const claim = { wrong: Math.abs(connections - Number(reached)), lost: 0, missing: 0 }
    const sum = sumFaults([faultsOf(result), claim])
    if (isFaulty(sum)) console.error(`faults: ${server.label}: reached ${reached}`, result)
    faults.push(sum)
  }
  return { costs, faults }
}

function print(costs: Costs, connections: number, seed: number): void {
  // The first round warms caches and compilers.
  const counted = (label: string): number[] => (costs.get(label) ?? []).slice(1)
  const against = (label: string, base: string): Ratio =>
    ratioOfLowerQuartiles(counted(label), counted(base), seededRandom(seed))
  const bases = ['floor', 'node-net']
  const rows = ENTRIES.map(({ label }) => [
    label,
    figure(lowerQuartile(counted(label))),
    ...bases.map(base => (label === base ? '-' : ratioFigure(against(label, base)))),
  ])
  const many = connections.toLocaleString('en-US')
  console.log(`\n### A push of ${TEXT_BYTES} bytes to ${many} connections\n`)
  const header = ['server', 'CPU us per connection', ...bases.map(base => `against ${base} (95 %)`)]
  console.log(markdownTable(header, rows))
  console.log(
    `\n${wantedNote('native against node-net', against('native', 'node-net'), NODE_AT_MOST)}`,
  )
}
