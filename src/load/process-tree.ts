/** What Linux knows of a process and all that it started: who they are, when they are at rest. */

import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

const REST_STEP_MS = 4
const REST_STEPS_MAX = 100
/** Who ran for less than this within a step is at rest. */
const REST_CPU_US = 150

/** Waits until a process and its descendants have nothing more to do, at most 400 ms. */
export async function untilAtRest(pid: number): Promise<void> {
  const tree = [pid, ...descendants(pid)]
  let before = cpuUs(tree)
  for (let step = 0; step < REST_STEPS_MAX; step++) {
    await wait(REST_STEP_MS)
    const after = cpuUs(tree)
    if (after - before < REST_CPU_US) return
    before = after
  }
}

/** The ids of all processes below one, nearest first. */
export function descendants(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const pid of processIds()) {
    const parent = parentOf(pid)
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid])
  }
  const found = [root]
  for (let at = 0; at < found.length; at++) found.push(...(children.get(found[at] ?? 0) ?? []))
  return found.slice(1)
}

/** The ids of all processes, rising; none where there is no /proc. */
export function processIds(): number[] {
  const entries = listFolder('/proc').filter(entry => /^\d+$/.test(entry))
  return entries.map(Number).sort((a, b) => a - b)
}

/** Who started a process, or undefined if it is gone. */
export function parentOf(pid: number): number | undefined {
  try {
    // The name, in parentheses, may hold anything.
    const [, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return Number(parent)
  } catch {
    return undefined
  }
}

/** What is in a folder; nothing where it is gone, or where we may not look. */
export function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** The time that all threads of these processes have run. Who is gone has run no more. */
function cpuUs(pids: readonly number[]): number {
  let nanoseconds = 0
  for (const pid of pids) {
    const folder = `/proc/${pid}/task`
    try {
      for (const thread of listFolder(folder)) {
        nanoseconds += Number(readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')[0])
      }
    } catch {
      // It ended meanwhile.
    }
  }
  return nanoseconds / 1000
}
