/**
 * A program that does the same small piece of work over and over, and tells how long each took.
 *
 * `node spinner.ts DURATION_MS`: one line of JSON, the shape of `Spin`. The work is arithmetic in
 * registers, so what differs between pieces is the machine's doing. Run by `instrument.ts`.
 */

import { stdout } from 'node:process'

/** What the pieces came to. */
export interface Spin {
  wallUs: number
  cpuUs: number
  /** Each of the pieces, in their order. */
  pieceUs: number[]
}

const PIECE_US = 500
/** Rounds by which the work is calibrated. */
const TRIAL_ROUNDS = 100_000
const WARM_PIECES = 40

function work(rounds: number): number {
  let value = 1
  for (let round = 0; round < rounds; round++) value = (Math.imul(value, 1664525) + 1013904223) | 0
  return value
}

function timeOf(rounds: number): number {
  const before = performance.now()
  // What nobody looks at, the compiler may leave out.
  if (work(rounds) === 0.5) stdout.write('impossible\n')
  return (performance.now() - before) * 1000
}

function spin(durationMs: number): Spin {
  for (let piece = 0; piece < WARM_PIECES; piece++) timeOf(TRIAL_ROUNDS)
  const trials = Array.from({ length: 9 }, () => timeOf(TRIAL_ROUNDS)).sort((a, b) => a - b)
  const rounds = Math.round((TRIAL_ROUNDS * PIECE_US) / (trials[4] ?? PIECE_US))
  const cpuBefore = process.cpuUsage()
  const begin = performance.now()
  const pieceUs: number[] = []
  while (performance.now() - begin < durationMs) pieceUs.push(timeOf(rounds))
  const wallUs = (performance.now() - begin) * 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  return { wallUs, cpuUs: user + system, pieceUs }
}

stdout.write(`${JSON.stringify(spin(Number(process.argv[2])))}\n`)
