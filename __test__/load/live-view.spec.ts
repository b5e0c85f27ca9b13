/** How a measurement is shown while it goes: on a terminal, and elsewhere. */

import { Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import test from 'ava'
import { createView, type ViewStream } from '../../src/load/live-view.ts'
import { secondLine } from './bench-results.ts'

/** A stream that keeps what it gets. */
class Screen extends Writable {
  readonly isTTY: boolean
  readonly columns = 80
  readonly rows = 24
  written = ''

  constructor(isTTY: boolean) {
    super({ decodeStrings: false })
    this.isTTY = isTTY
  }

  override _write(piece: string, _encoding: BufferEncoding, done: () => void): void {
    this.written += piece
    done()
  }

  /** What was drawn since it was last asked, without the terminal's commands. */
  drawn(): string {
    const text = stripVTControlCharacters(this.written)
    this.written = ''
    return text
  }
}

const BEGINNING = {
  target: 'poll',
  step: '20 users',
  kind: 'open',
  number: 2,
  of: 3,
  warmMs: 500,
  measureMs: 4000,
} as const

test('a terminal shows rate, times, errors and the time that is left', t => {
  const screen = new Screen(true)
  const view = createView(screen as ViewStream)
  view.begin(BEGINNING)
  t.regex(screen.drawn(), /2 of 3: poll, 20 users\n░{30} 0\.5 s warm-up, then 4 s/)
  view.second(secondLine(0))
  t.regex(screen.drawn(), /█{8}░{22} 3 s left\n100\/s {3}p50 50\.0 µs {3}p99 99\.0 µs {3}no errors/)
  view.second(secondLine(1, { wrong: 1, responseTimes: '' }))
  t.regex(screen.drawn(), /█{15}░{15} 2 s left\n100\/s {3}p50 - {3}p99 - {3}1 error/)
  view.second(secondLine(2, { lost: 2 }))
  t.regex(screen.drawn(), /1 s left\n.*3 errors/s)
  view.second(secondLine(3))
  t.regex(screen.drawn(), /█{30} last answers/)
})

test('when it is over nothing of it stays on the terminal', t => {
  const screen = new Screen(true)
  const view = createView(screen as ViewStream)
  view.begin(BEGINNING)
  view.second(secondLine(0))
  screen.drawn()
  view.end()
  t.is(screen.drawn().trim(), '')
})

test('elsewhere there is a plain line for each second', t => {
  const screen = new Screen(false)
  const view = createView(screen as ViewStream)
  view.begin({ ...BEGINNING, of: 1, number: 1 })
  view.second(secondLine(0))
  view.second(secondLine(1, { wrong: 1 }))
  view.end()
  t.is(
    screen.written,
    'poll, 20 users: 0.5 s warm-up, then 4 s\n' +
      '  1 s: 100/s, p50 50.0 µs, p99 99.0 µs, no errors\n' +
      '  2 s: 100/s, p50 50.0 µs, p99 99.0 µs, 1 error\n',
  )
})
