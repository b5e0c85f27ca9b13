/**
 * One real comparison of two floors by the comparator's own blocks, stopping and verdicts: CPU per
 * request alone, without the gate, which the floor need not face again and again.
 */

import { measureBlock } from '../src/load/blocks.ts'
import { type Contestant, recordOf } from '../src/load/contestants.ts'
import type { Generator } from '../src/load/generator.ts'
import { type BlockHealth, checkBlocks } from '../src/load/instrument.ts'
import type { BlockRecord, InstrumentCheck, Settings } from '../src/load/run-file.ts'
import { SLICES, SLICES_QUICK } from '../src/load/session.ts'
import { seededRandom } from '../src/load/statistics.ts'
import { nextStep } from '../src/load/stopping.ts'
import { BLOCK_DEFAULTS, deriveVerdicts, MARGINS } from '../src/load/verdicts.ts'
import type { Repeat } from './verdict-counts.ts'

const METRICS = ['cpuPerRequest'] as const
const QUICK = { blocksMin: 2, blocksMax: 3, roundsPerBlock: 3 } as const

/** What the comparator uses unless told otherwise; in a smoke run far less. */
export function settingsOf(seed: number, quick: boolean): Settings {
  return {
    seed,
    margins: MARGINS,
    users: 50,
    depth: 1,
    openRate: 0,
    objectiveMs: 5,
    minutesMax: 10,
    ...BLOCK_DEFAULTS,
    ...(quick && QUICK),
  }
}

/** Measures until the comparator would stop, and takes its verdict. */
export async function repeatOnce(
  generator: Generator,
  contestants: readonly [Contestant, Contestant],
  instrument: readonly InstrumentCheck[],
  seed: number,
  quick: boolean,
): Promise<Repeat> {
  const settings = settingsOf(seed, quick)
  const session = {
    generator,
    settings,
    slices: quick ? SLICES_QUICK : SLICES,
    metrics: METRICS,
    random: seededRandom(seed),
    tell: () => {},
    note: (text: string) => console.error(text),
  }
  const blocks: BlockRecord[] = []
  const health: BlockHealth[] = []
  const faults: string[] = []
  const run = { blocks, settings, contestants: contestants.map(recordOf), gate: [], instrument }
  const begin = performance.now()
  do {
    const block = await measureBlock(session, contestants, blocks.length + 1, new Map())
    blocks.push(block.record)
    health.push(block.health)
    faults.push(...block.faults.map(({ name, detail }) => `${name}: ${detail}`))
  } while (!nextStep(run, performance.now() - begin, METRICS).stop)
  const derived = deriveVerdicts({ ...run, instrument: [...instrument, ...checkBlocks(health)] })
  const [verdict] = derived.verdicts
  return {
    seed,
    ...(verdict !== undefined && { verdict }),
    noVerdict: derived.noVerdict,
    blocks: blocks.length,
    seconds: Math.round((performance.now() - begin) / 1000),
    faults,
  }
}
