/**
 * When the comparison may look at its verdicts, and how sure each look has to be.
 *
 * Pure. Whoever looks often enough sees a difference where none is, so the error that is allowed
 * is spent: every look has its share, and a comparison that stops at a look has used that one and
 * those before it. By the union bound the intervals of all looks and all pairs hold together.
 */

import type { Settings } from './run-file.ts'

/** Between two looks the number of blocks grows by this factor: the interval shrinks by a sixth. */
const GROWTH = Math.SQRT2

export type LookSettings = Pick<Settings, 'blocksMin' | 'blocksMax' | 'confidence'>

/** The numbers of blocks after which verdicts are looked at, rising, from least to most. */
export function looksOf({ blocksMin, blocksMax }: LookSettings): number[] {
  const looks: number[] = []
  for (let step = 0; ; step++) {
    const look = Math.round(blocksMin * GROWTH ** step)
    if (look >= blocksMax) return [...looks, blocksMax]
    if (look !== looks.at(-1)) looks.push(look)
  }
}

/**
 * The error that one interval may have after so many blocks, where `pairs` are judged together.
 *
 * At a look it is the look's even share. Whoever ends elsewhere ends for want of time, not for what
 * was seen: that is the last look, and all that was not spent at earlier ones is left for it.
 */
export function alphaAt(blocks: number, pairs: number, settings: LookSettings): number {
  const looks = looksOf(settings)
  const total = (1 - settings.confidence) / Math.max(pairs, 1)
  if (looks.includes(blocks)) return total / looks.length
  const spent = looks.filter(look => look < blocks).length
  return (total * Math.max(looks.length - spent, 1)) / looks.length
}
