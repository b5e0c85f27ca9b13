/**
 * One real comparison of two floors by the comparator itself: CPU per request alone, without the
 * gate and the explanations, which have nothing to do with whether its verdicts are right.
 */

import { fileURLToPath } from 'node:url'
import { runComparison } from '../src/load/comparison.ts'
import type { Contestant } from '../src/load/contestants.ts'
import { floorContestant } from './planted.ts'
import type { Repeat } from './verdict-counts.ts'

const STARVE: string = fileURLToPath(new URL('./starve.mjs', import.meta.url))

const OPTIONS = {
  title: 'bench verdicts',
  command: 'npm run bench -- verdicts',
  metrics: ['cpuPerRequest'],
} as const

/** Compares. The instrument is checked once for all repeats, by the caller. */
export async function repeatOnce(
  contestants: readonly [Contestant, Contestant],
  seed: number,
  isQuick: boolean,
): Promise<Repeat> {
  const run = await runComparison({
    ...OPTIONS,
    contestants,
    settings: { seed },
    leaveOut: ['instrument', 'gate', 'explanation'],
    isQuick,
  })
  const [verdict] = run.verdicts
  return {
    seed,
    ...(verdict !== undefined && { verdict }),
    noVerdict: run.noVerdict,
    blocks: run.blocks.length,
    seconds: Math.round((Date.parse(run.finishedAt) - Date.parse(run.startedAt)) / 1000),
    faults: run.refused.map(({ name, reason }) => `${name}: ${reason}`),
  }
}

/** Compares with a generator that has its core for a share of the time. Resolves to `noVerdict`. */
export async function compareStarved(
  share: number,
  seed: number,
  isQuick: boolean,
): Promise<string | null> {
  const run = await runComparison({
    ...OPTIONS,
    contestants: [floorContestant('floor', 0), floorContestant('floor again', 0)],
    settings: { seed },
    leaveOut: ['gate', 'explanation'],
    isQuick,
    generatorPrefix: [process.execPath, STARVE, String(share)],
  })
  return run.noVerdict
}
