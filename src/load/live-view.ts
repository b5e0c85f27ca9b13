/**
 * How a measurement goes, while it goes: a picture that is drawn over and over on a terminal, a
 * line for each second elsewhere.
 *
 * Measures nothing and keeps no time: it is told of every second.
 */

import { createLogUpdate } from 'log-update'
import { errorsOf, rateOf, timesOf } from './bench-figures.ts'
import type { Beginning, BenchView } from './bench-run.ts'
import type { SecondLine } from './load-protocol.ts'
import { micros, whole } from './report/numbers.ts'

const BAR_COLUMNS = 30

/** Where it is shown: stderr, so that stdout holds results alone. */
export type ViewStream = NodeJS.WritableStream & { isTTY?: boolean; columns?: number }

/** The view that fits the stream. */
export function createView(stream: ViewStream): BenchView {
  return stream.isTTY === true ? terminalView(stream) : plainView(stream)
}

/** What is known of a measurement at one moment. */
interface Moment {
  beginning: Beginning
  last: SecondLine | undefined
  /** Since the measured window began. */
  errors: number
}

function terminalView(stream: ViewStream): BenchView {
  const draw = createLogUpdate(stream)
  let moment: Moment | undefined
  return {
    begin(beginning) {
      moment = { beginning, last: undefined, errors: 0 }
      draw(picture(moment))
    },
    second(line) {
      if (moment === undefined) return
      moment = next(moment, line)
      draw(picture(moment))
    },
    end() {
      moment = undefined
      draw.clear()
      draw.done()
    },
  }
}

function plainView(stream: ViewStream): BenchView {
  let moment: Moment | undefined
  const write = (text: string): void => {
    stream.write(`${text}\n`)
  }
  return {
    begin(beginning) {
      moment = { beginning, last: undefined, errors: 0 }
      write(`${headline(beginning)}: ${timeLeft(moment)}`)
    },
    second(line) {
      if (moment === undefined) return
      moment = next(moment, line)
      write(`  ${line.second + 1} s: ${figuresLine(line, moment.errors, ', ')}`)
    },
    end() {
      moment = undefined
    },
  }
}

function next({ beginning, errors }: Moment, line: SecondLine): Moment {
  return { beginning, last: line, errors: errors + errorsOf(line, beginning.kind) }
}

function picture(moment: Moment): string {
  const { beginning, last, errors } = moment
  const done = last === undefined ? 0 : Math.min(1, passedMs(last) / beginning.measureMs)
  const full = Math.round(done * BAR_COLUMNS)
  const bar = '█'.repeat(full) + '░'.repeat(BAR_COLUMNS - full)
  const figures = last === undefined ? '' : figuresLine(last, errors, '   ')
  return [headline(beginning), `${bar} ${timeLeft(moment)}`, figures].join('\n')
}

function headline({ target, step, number, of }: Beginning): string {
  const place = of === 1 ? '' : `${number} of ${of}: `
  return `${place}${target}, ${step}`
}

function timeLeft({ beginning, last }: Moment): string {
  const { warmMs, measureMs } = beginning
  if (last === undefined) return `${seconds(warmMs)} s warm-up, then ${seconds(measureMs)} s`
  const leftMs = measureMs - passedMs(last)
  return leftMs > 0 ? `${seconds(leftMs)} s left` : 'last answers'
}

function passedMs({ second }: SecondLine): number {
  return (second + 1) * 1000
}

function seconds(ms: number): string {
  return (ms / 1000).toLocaleString('en-US', { maximumFractionDigits: 1 })
}

function figuresLine(line: SecondLine, errors: number, gap: string): string {
  const { p50Us, p99Us } = timesOf(line.responseTimes)
  const show = (us: number | undefined): string => (us === undefined ? '-' : micros(us))
  return [
    `${whole(rateOf(line))}/s`,
    `p50 ${show(p50Us)}`,
    `p99 ${show(p99Us)}`,
    errors === 0 ? 'no errors' : `${whole(errors)} ${errors === 1 ? 'error' : 'errors'}`,
  ].join(gap)
}
