/**
 * Block after block, until the verdicts are decided, the time is over, or the user ends it.
 *
 * What a block is, and when it is enough, is for others to say: see `blocks.ts`, `stopping.ts`.
 */

import { type Block, measureBlock } from './blocks.ts'
import { catchInterrupt, wasInterrupted } from './child-processes.ts'
import type { GateBook } from './gate-book.ts'
import { type BlockHealth, isHopeless, isSound } from './instrument.ts'
import type { EncodedHistogram } from './load-protocol.ts'
import type { InstrumentCheck, RunFile } from './run-file.ts'
import type { Session } from './session.ts'
import { nextStep } from './stopping.ts'
import { mergeTimes } from './times.ts'

/** A comparison that has come as far as its blocks. */
export interface Begun {
  session: Session
  gate: GateBook
  instrument: readonly InstrumentCheck[]
  /** About the capacity of each, by name; brought up to date. */
  capacities: Map<string, number>
  isQuick: boolean
}

/** The blocks in which the instrument held, and how it was in all of them. */
export interface Blocks {
  sound: Block[]
  healths: BlockHealth[]
}

/**
 * A block in which the instrument did not hold is put aside, and another is measured for it. When
 * the user ends it, the blocks that are whole are what was measured.
 */
export async function measureBlocks(
  begun: Begun,
  contestants: RunFile['contestants'],
): Promise<Blocks> {
  const { session, gate, instrument, capacities, isQuick } = begun
  const found: Blocks = { sound: [], healths: [] }
  const release = catchInterrupt()
  try {
    for (;;) {
      const measured = {
        blocks: found.sound.map(({ record }) => record),
        settings: session.settings,
        contestants,
        gate: gate.records(),
        instrument,
      }
      const { stop, reason } = nextStep(measured, session.elapsedMs(), session.metrics)
      const isEnough = stop && !(isQuick && found.sound.length < 2)
      session.tell(isEnough ? `done: ${reason}` : `blocks: ${reason}`)
      if (isEnough || gate.passing().length < 2 || isHopeless(found.healths)) return found
      const number = found.healths.length + 1
      const block = await measureBlock(session, gate.passing(), number, capacities)
      // Its servers may have ended, and the generator seen it, as the signal came.
      if (wasInterrupted()) return found
      keepBlock(begun, block, found)
    }
  } catch (error) {
    if (!wasInterrupted()) throw error
    return found
  } finally {
    release()
  }
}

function keepBlock({ session, gate, isQuick }: Begun, block: Block, found: Blocks): void {
  const { sound, healths } = found
  healths.push(block.health)
  // A smoke run shows every part, whatever its figures are worth.
  if (isSound(block.health) || isQuick) sound.push(block)
  else session.note(`block ${block.record.number} is put aside: the generator was disturbed`)
  for (const { name, load, detail } of block.faults) {
    gate.fail(name, load, detail)
    session.note(`${name} is refused: ${load}: ${detail}`)
  }
}

/** All response times of each design, of all blocks together. */
export function spectraOf(blocks: readonly Block[]): RunFile['spectra'] {
  const byName = new Map<string, EncodedHistogram[]>()
  for (const { name, responseTimes } of blocks.flatMap(({ spectra }) => spectra)) {
    byName.set(name, [...(byName.get(name) ?? []), responseTimes])
  }
  return Object.fromEntries([...byName].map(([name, texts]) => [name, mergeTimes(texts)]))
}
