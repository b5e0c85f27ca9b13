/**
 * The border to JavaScript: what it costs to see everything and to answer anything.
 *
 * Only the list of its rows; each is measured in a file of its own.
 */

import { BenchError } from './bench-error.ts'
import { measureBroadcast } from './border-broadcast.ts'
import { measureCrossing } from './border-crossing.ts'
import type { BorderSettings } from './border-settings.ts'
import { measureSleep } from './border-sleep.ts'
import { measureAsync, measureEvents, measureHandler } from './border-slices.ts'
import { bunVersion, describeBun } from './bun.ts'
import { type Faults, sumFaults } from './faults.ts'
import { measureMemory } from './memory.ts'
import { type Entry, entryOf } from './servers.ts'

const ROWS: Readonly<Record<string, (settings: BorderSettings) => Promise<Faults>>> = {
  handler: measureHandler,
  async: measureAsync,
  events: measureEvents,
  sleep: measureSleep,
  memory: measureMemories,
  broadcast: measureBroadcast,
  crossing: measureCrossing,
}

/** The names of the rows, in their order. */
export const BORDER_ROWS: readonly string[] = Object.keys(ROWS)

/** The rows in `text`, separated by commas. Throws BAD_ARGUMENT. */
export function parseBorderRows(text: string): string[] {
  return text.split(',').map(word => {
    const row = word.trim()
    if (BORDER_ROWS.includes(row)) return row
    const known = BORDER_ROWS.join(', ')
    throw new BenchError('BAD_ARGUMENT', `--rows has '${word}'; expected some of ${known}`)
  })
}

/** Measures these rows and prints their tables. Resolves to the faults of all of them. */
export async function runBorder(
  rows: readonly string[],
  settings: Omit<BorderSettings, 'hasBun'>,
): Promise<Faults> {
  const version = bunVersion()
  console.log(describeBun(version))
  const faults: Faults[] = []
  for (const row of rows) {
    const measure = ROWS[row]
    if (measure !== undefined) {
      faults.push(await measure({ ...settings, hasBun: version !== undefined }))
    }
  }
  return sumFaults(faults)
}

/**
 * A handler and no listeners: connections that never asked, and such that asked it once. Whether
 * the handler takes the connection may matter, so there are both.
 */
async function measureMemories({ quick, hasBun }: BorderSettings): Promise<Faults> {
  const peers = [entryOf('node-net'), ...(hasBun ? [entryOf('bun')] : [])]
  const native: Entry = { label: 'native, connection taken', server: 'native', mode: 'connection' }
  const entries = [entryOf('native', 'handler'), native, ...peers]
  const never = 'User memory per connection that never asked, with a handler'
  const once = 'User memory per connection whose question the handler answered'
  return sumFaults([
    await measureMemory(never, entries, quick, 'silent'),
    await measureMemory(once, entries, quick),
  ])
}
