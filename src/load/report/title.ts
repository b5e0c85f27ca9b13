/** What a run is called on a page. */

import type { RunFile } from '../run-file.ts'

/** A list of more names than these is no heading. */
const NAMES_MAX = 3

/** The run's title; where it only lists many designs, how many there are. */
export function titleOf({ title, contestants }: Pick<RunFile, 'title' | 'contestants'>): string {
  const isList = title === contestants.map(({ name }) => name).join(', ')
  return isList && contestants.length > NAMES_MAX
    ? `${contestants.length} server designs compared`
    : title
}
