/**
 * Measures, inside a Node server, how late its event loops are and how busy; `--import` loads it.
 *
 * Every thread adds a line of JSON (the shape of `LoopDelay`) to the file that the variable
 * LANCELOT_LOOP_DELAY_FILE names, twice a second. Loaded in runs of its own, for it costs time.
 */

import { appendFileSync } from 'node:fs'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { threadId } from 'node:worker_threads'

/** What one thread saw since its last line. */
export interface LoopDelay {
  pid: number
  thread: number
  /** How late the loop was, beside the millisecond of the timer it is measured with. */
  delayP99Us: number
  /** The share of the time in which the loop had work. */
  busyShare: number
}

const LINE_MS = 500
const RESOLUTION_MS = 1

const file = process.env.LANCELOT_LOOP_DELAY_FILE
if (file !== undefined) {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delays.enable()
  let before = performance.eventLoopUtilization()
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization()
    const line: LoopDelay = {
      pid: process.pid,
      thread: threadId,
      delayP99Us: Math.max(0, delays.percentile(99) / 1000 - RESOLUTION_MS * 1000),
      busyShare: performance.eventLoopUtilization(now, before).utilization,
    }
    before = now
    delays.reset()
    appendFileSync(file, `${JSON.stringify(line)}\n`)
  }, LINE_MS)
  timer.unref()
}
