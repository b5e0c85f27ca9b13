/** Shows on stderr how a comparison goes: one line that changes on a terminal, lines elsewhere. */

import { createLogUpdate } from 'log-update'
import type { Progress } from '../load/comparison.ts'

const TICK_MS = 1000

/** Where it is shown. */
export type ViewStream = NodeJS.WritableStream & { isTTY?: boolean }

/** A view, and how to end it, after which other text may be written. */
export interface CompareView extends Progress {
  end(): void
}

/** The view that fits the stream. */
export function createCompareView(stream: ViewStream): CompareView {
  if (stream.isTTY !== true) {
    return {
      step: (text, msLeft) => stream.write(`${text} (${timeLeft(msLeft)})\n`),
      note: text => stream.write(`note: ${text}\n`),
      end: () => {},
    }
  }
  return terminalView(stream)
}

/** Counts down between steps, for some of them take long. */
function terminalView(stream: ViewStream): CompareView {
  const draw = createLogUpdate(stream)
  let shown = ''
  let endsAt = 0
  const redraw = (): void => draw(`${shown} (${timeLeft(endsAt - performance.now())})`)
  const timer = setInterval(redraw, TICK_MS)
  timer.unref()
  return {
    step: (text, msLeft) => {
      shown = text
      endsAt = performance.now() + msLeft
      redraw()
    },
    note: text => draw.persist(`note: ${text}`),
    end: () => {
      clearInterval(timer)
      draw.clear()
      draw.done()
    },
  }
}

function timeLeft(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const minutes = Math.floor(seconds / 60)
  const rest = String(seconds % 60).padStart(2, '0')
  return `at most ${minutes}:${rest} left`
}
