/**
 * What a comparison carries through all of its parts: the generator, the settings, whom it tells.
 *
 * Only what the parts share; each part is a file of its own.
 */

import type { Generator } from './generator.ts'
import type { Metric, Settings } from './run-file.ts'
import type { Random } from './statistics.ts'

/** How long the slices of a comparison are. */
export interface SliceSettings {
  /** How long a fresh server is asked before anything counts. */
  startMs: number
  closed: { warmMs: number; measureMs: number }
  open: { warmMs: number; measureMs: number }
  probe: { warmMs: number; measureMs: number }
  /** Of the cycles, and of the points of the growth. */
  cycle: { warmMs: number; measureMs: number }
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
  /** Says what is done now, for people who wait. */
  tell(text: string): void
  /** Says what must not be overlooked. */
  note(text: string): void
}

/** What full comparisons use. */
export const SLICES: SliceSettings = {
  startMs: 1500,
  closed: { warmMs: 30, measureMs: 120 },
  open: { warmMs: 100, measureMs: 600 },
  probe: { warmMs: 50, measureMs: 250 },
  cycle: { warmMs: 100, measureMs: 500 },
  timelineMs: 3000,
}

/** What a smoke run uses: its figures mean nothing. */
export const SLICES_QUICK: SliceSettings = {
  startMs: 50,
  closed: { warmMs: 10, measureMs: 40 },
  open: { warmMs: 30, measureMs: 150 },
  probe: { warmMs: 20, measureMs: 60 },
  cycle: { warmMs: 20, measureMs: 80 },
  timelineMs: 1100,
}
