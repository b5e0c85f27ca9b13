/** What every source file keeps to, whatever its language. */

import type { Sources } from './sources.ts'

/** Complaints about files that do not begin by saying what they are. */
export function findHeaderless(sources: Sources): string[] {
  return [...sources]
    .filter(([path, text]) => {
      const start = text.replace(/^#!.*\n/, '')
      return path.endsWith('.rs') ? !start.startsWith('//! ') : !/^\/\*\*(\n \*)? [\w`]/.test(start)
    })
    .map(([path]) => `${path} does not begin with a comment that says what it is`)
}

/** Complaints about lines over this many columns. */
export function findLongLines(sources: Sources, columnsMax: number): string[] {
  return [...sources].flatMap(([path, text]) =>
    text.split('\n').flatMap((line, index) => {
      const columns = [...line].length
      return columns > columnsMax ? [`${path}:${index + 1} has ${columns} columns`] : []
    }),
  )
}

/** Complaints about sources that name what they may not. */
export function findBanned(sources: Sources, bans: readonly RegExp[]): string[] {
  return [...sources].flatMap(([path, text]) =>
    bans.flatMap(ban => {
      const found = ban.exec(text)
      return found ? [`${path} names ${found[0]}, which its place in the layout forbids`] : []
    }),
  )
}
