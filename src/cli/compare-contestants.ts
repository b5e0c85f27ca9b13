/** Who is compared: from the flags of `compare` to contestants. */

import { ARCHITECTURES } from '../architectures/gallery.ts'
import { LancelotError } from '../errors.ts'
import {
  architectureContestant,
  type Contestant,
  readContestants,
  requireUniqueNames,
} from '../load/contestants.ts'
import { nearestName } from '../nearest-name.ts'
import type { ArchitectureName } from '../types.ts'

/** What is compared unless designs or commands are named. */
export const DEFAULT_ARCHITECTURES: readonly ArchitectureName[] = [
  'poll',
  'callback',
  'coroutine',
  'worker-threads',
  'thread-per-connection',
  'poll-syscall',
]

/** The flags that name contestants. */
export interface ContestantFlags {
  architecture?: ArchitectureName[]
  command?: Contestant[]
  contestants?: string
  only?: string
}

/** All of them, and those of the file that cannot run here, each with the reason. */
export interface Chosen {
  contestants: Contestant[]
  leftOut: { name: string; reason: string }[]
}

/** Rejects with ERR_LANCELOT_OPTION_RANGE for fewer than two, and for names that clash. */
export async function contestantsOf(flags: ContestantFlags): Promise<Chosen> {
  const { architecture, command = [] } = flags
  const fromFile = await fileContestants(flags)
  const isNone = flags.command === undefined && architecture === undefined
  const architectures = architecture ?? (isNone ? DEFAULT_ARCHITECTURES : [])
  const contestants = [
    ...architectures.map(name => architectureContestant(name, ARCHITECTURES[name].summary)),
    ...command,
    ...fromFile.contestants,
  ]
  requireUniqueNames(contestants)
  if (contestants.length >= 2) return { contestants, leftOut: fromFile.leftOut }
  const found = contestants[0]?.name ?? 'nothing'
  throw wrongUse(`only ${found} is to be compared; name at least two designs`)
}

/** Those of the file that are wanted. */
async function fileContestants({ contestants: file, only }: ContestantFlags): Promise<Chosen> {
  if (file === undefined) {
    if (only === undefined) return { contestants: [], leftOut: [] }
    throw wrongUse('--only is given without --contestants; name the file it chooses from')
  }
  const { contestants, leftOut } = await readContestants(file)
  const known = [...contestants, ...leftOut].map(({ name }) => name)
  const wanted = only?.split(',') ?? known
  const stranger = wanted.find(name => !known.includes(name))
  if (stranger !== undefined) {
    const near = nearestName(stranger, known)
    const hint = near === undefined ? '' : `; did you mean ${near}?`
    throw wrongUse(
      `--only names '${stranger}', which ${file} has not; it has ${known.join(', ')}${hint}`,
    )
  }
  const isWanted = ({ name }: { name: string }): boolean => wanted.includes(name)
  return { contestants: contestants.filter(isWanted), leftOut: leftOut.filter(isWanted) }
}

function wrongUse(message: string): LancelotError {
  return new LancelotError('ERR_LANCELOT_OPTION_RANGE', message)
}
