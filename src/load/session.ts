/**
 * What a comparison carries through all of its parts: the generator, the settings, whom it tells.
 *
 * Only what the parts share; each part is a file of its own.
 */

import type { Generator } from './generator.ts'
import type { Metric, Settings } from './run-file.ts'
import type { SliceTimes, WarmUpTimes } from './slices.ts'
import type { Random } from './statistics.ts'

/** How long the slices of a comparison are. */
export interface SliceSettings {
  start: WarmUpTimes
  closed: SliceTimes
  open: SliceTimes
  probe: SliceTimes
  /** Of the cycles, and of the points of the growth. */
  cycle: SliceTimes
  /** Seconds of the open load that the timeline shows. */
  timelineMs: number
}

/** One comparison, under way. */
export interface Session {
  generator: Generator
  settings: Settings
  slices: SliceSettings
  metrics: readonly Metric[]
  random: Random
  /** Since the comparison began. */
  elapsedMs(): number
  /** Whether all the time it may take has passed. */
  isOver(): boolean
  /** Says what is done now, for people who wait. */
  tell(text: string): void
  /** Says what must not be overlooked. */
  note(text: string): void
}

/** What full comparisons use. */
export const SLICES: SliceSettings = {
  start: { sliceMs: 250, slicesMax: 16 },
  closed: { warmMs: 30, measureMs: 120 },
  open: { warmMs: 100, measureMs: 600 },
  probe: { warmMs: 50, measureMs: 250 },
  cycle: { warmMs: 100, measureMs: 500 },
  timelineMs: 3000,
}

/** What a smoke run uses: its figures mean nothing. */
export const SLICES_QUICK: SliceSettings = {
  start: { sliceMs: 25, slicesMax: 2 },
  closed: { warmMs: 10, measureMs: 40 },
  open: { warmMs: 30, measureMs: 150 },
  probe: { warmMs: 20, measureMs: 60 },
  cycle: { warmMs: 20, measureMs: 80 },
  timelineMs: 1100,
}
