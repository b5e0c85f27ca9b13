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
  for (const entry of readdirSync('/proc')) {
    const parent = /^\d+$/.test(entry) ? parentOf(entry) : undefined
    if (parent !== undefined) {
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)])
    }
  }
  const found = [root]
  for (let at = 0; at < found.length; at++) found.push(...(children.get(found[at] ?? 0) ?? []))
  return found.slice(1)
}

function parentOf(entry: string): number | undefined {
  try {
    // The name, in parentheses, may hold anything.
    const [, parent] = readFileSync(`/proc/${entry}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return Number(parent)
  } catch {
    return undefined
  }
}

/** The time that all threads of these processes have run. Who is gone has run no more. */
function cpuUs(pids: readonly number[]): number {
  let nanoseconds = 0
  for (const pid of pids) {
    const folder = `/proc/${pid}/task`
    try {
      for (const thread of readdirSync(folder)) {
        nanoseconds += Number(readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')[0])
      }
    } catch {
      // It ended meanwhile.
    }
  }
  return nanoseconds / 1000
}
