/** Handlers and events at speed: the rows of the border that are compared in slices. */

import { missingEvents } from './border-events.ts'
import type { BorderSettings } from './border-settings.ts'
import { compare, type Load, type Wanted } from './compare.ts'
import { type Faults, sumFaults } from './faults.ts'
import { type Entry, entryOf } from './servers.ts'
import { CONVERSATIONS, STEADY_LOADS } from './slices.ts'

/** CPU against the floor that is to be reached, in the order of the steady loads. */
const FRESH_AT_MOST = [1.2, 1.4, 1.2]
const REPEATING_AT_MOST = [1.2, 1.15, 1.2]
const BUN_AT_MOST = 0.97
const ASYNC_AT_MOST = 0.9
const LISTENERS_AT_MOST = 1.1
const LISTENERS_NODE_AT_MOST = 0.5

const LISTENING = 'native, listeners'
const COUNTING = 'node-net, counters'

/** Every request through a synchronous handler. */
export function measureHandler({ hasBun, rounds, seed }: BorderSettings): Promise<Faults> {
  const peers: Entry[] = hasBun ? [entryOf('bun')] : []
  return compare({
    entries: [
      entryOf('floor'),
      entryOf('floor again'),
      entryOf('native', 'handler'),
      entryOf('js', 'handler'),
      entryOf('node-net'),
      ...peers,
    ],
    bases: ['floor', 'node-net', 'bun'],
    loads: [
      ...handled('repeating', 'questions repeat', REPEATING_AT_MOST),
      ...handled('fresh', 'no question twice', FRESH_AT_MOST),
    ],
    rounds,
    seed,
  })
}

function handled(mix: 'repeating' | 'fresh', what: string, atMost: readonly number[]): Load[] {
  return STEADY_LOADS.map((load, place) => {
    const wanted: Wanted[] = [
      { entry: 'native', base: 'floor', atMost: atMost[place] ?? Number.NaN },
      { entry: 'native', base: 'bun', atMost: BUN_AT_MOST },
    ]
    const title = `Handler, ${load.title}, ${what}`
    return { ...load, title, mix, wanted }
  })
}

/** Every request through a handler that answers by a promise. */
export function measureAsync({ rounds, seed }: BorderSettings): Promise<Faults> {
  const wanted: Wanted[] = [{ entry: 'native', base: 'node-net', atMost: ASYNC_AT_MOST }]
  return compare({
    entries: [
      entryOf('floor'),
      entryOf('native', 'async'),
      entryOf('js', 'async'),
      entryOf('node-net', 'async'),
    ],
    bases: ['floor', 'node-net'],
    loads: STEADY_LOADS.map(load => ({
      ...load,
      title: `Async handler, ${load.title}`,
      wanted,
    })),
    rounds,
    seed,
  })
}

/** Connections that come and go, with listeners and without. */
export function measureEvents({ rounds, seed }: BorderSettings): Promise<Faults> {
  const wanted: Wanted[] = [
    { entry: LISTENING, base: 'native', atMost: LISTENERS_AT_MOST },
    { entry: LISTENING, base: COUNTING, atMost: LISTENERS_NODE_AT_MOST },
  ]
  return compare({
    entries: [
      entryOf('floor'),
      entryOf('native'),
      { label: LISTENING, server: 'native', mode: 'lives' },
      entryOf('node-net'),
      { label: COUNTING, server: 'node-net', mode: 'lives' },
    ],
    bases: ['floor', 'native', COUNTING],
    loads: [{ ...CONVERSATIONS, title: `Events, ${CONVERSATIONS.title}`, wanted }],
    rounds,
    seed,
    examine: async servers => {
      const listening = servers.filter(({ label }) => label === LISTENING)
      return sumFaults(await Promise.all(listening.map(missingEvents)))
    },
  })
}
