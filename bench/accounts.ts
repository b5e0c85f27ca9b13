/** What Linux knows of a process: its CPU time, its memory and its open files. */

import { readdir, readFile, writeFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { BenchError } from './bench-error.ts'

const REST_STEP_MS = 5
const REST_STEPS_MAX = 400
/** A process that ran for less than this within a step is at rest. */
const REST_CPU_US = 100

/** The time that its threads have run, in microseconds, from the scheduler's own accounts. */
export async function cpuUs(pid: number): Promise<number> {
  const folder = `/proc/${pid}/task`
  const threads = await readdir(folder)
  const nanoseconds = await Promise.all(
    threads.map(async thread => {
      const text = await readFile(`${folder}/${thread}/schedstat`, 'utf8')
      return Number(text.split(' ')[0])
    }),
  )
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1000
}

/** Waits until a process has nothing more to do, but not for ever. */
export async function untilAtRest(pid: number): Promise<void> {
  let before = await cpuUs(pid)
  for (let step = 0; step < REST_STEPS_MAX; step++) {
    await wait(REST_STEP_MS)
    const after = await cpuUs(pid)
    if (after - before < REST_CPU_US) return
    before = after
  }
}

/** Memory that no file backs: heaps and stacks. Counted page by page. */
export function anonymousBytes(pid: number): Promise<number> {
  return readBytes(`/proc/${pid}/smaps_rollup`, 'Anonymous')
}

/** The most memory that was resident since `forgetPeak`. */
export function peakBytes(pid: number): Promise<number> {
  return readBytes(`/proc/${pid}/status`, 'VmHWM')
}

/** Lets the peak begin anew, at what is resident now. */
export async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5')
}

/** How many descriptors it has open. */
export async function openFiles(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length
}

async function readBytes(file: string, name: string): Promise<number> {
  const text = await readFile(file, 'utf8')
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]
  if (found !== undefined) return Number(found) * 1024
  throw new BenchError('OUTPUT_UNREADABLE', `${file} has no line '${name}:'`)
}
