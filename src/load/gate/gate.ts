/**
 * The gate: every contestant faces the mistakes of clients before anything is timed.
 *
 * Runs the checks one after the other against one server; after each a fresh client must still be
 * answered rightly. A server that died is started again for the next check.
 */

import { setTimeout as wait } from 'node:timers/promises'
import type { Contestant } from '../contestants.ts'
import type { GateCheck, GateRecord } from '../run-file.ts'
import { type ServerProcess, startServerProcess } from '../server-process.ts'
import { seededRandom } from '../statistics.ts'
import { type Check, converse, Fault, type Finding, PASSED, type Subject } from './check.ts'
import { churn } from './churn.ts'
import { idleCrowd, slowReader } from './crowds.ts'
import { halfClose, reset, vanish } from './leaving.ts'
import { byteByByte, oneAndAHalf, splitAtEveryByte, twoInAPacket } from './pieces.ts'
import { tooLong, unknownQuestion } from './strange.ts'

const FRESH_QUESTIONS = 3
const DEATH_MS = 100

const QUESTIONS: Check = {
  name: 'questions',
  face: async subject => {
    await converse(subject, subject.exchanges.length * 2, 'plain questions, one by one')
    return PASSED
  },
}

/** All checks, in their order: first what is simple, so that it is named first. */
export const CHECKS: readonly Check[] = [
  QUESTIONS,
  twoInAPacket,
  oneAndAHalf,
  splitAtEveryByte,
  byteByByte,
  unknownQuestion,
  tooLong,
  vanish,
  reset,
  halfClose,
  idleCrowd,
  slowReader,
  churn,
]

/** How the gate is run. */
export interface GateOptions {
  seed: number
  /** For each of the four parts of the churn. @default 1000 */
  churnMs?: number
  /** @default all */
  checks?: readonly Check[]
}

/** Lets one contestant face all mistakes. Rejects with ERR_LANCELOT_TARGET if it never starts. */
export async function faceGate(
  contestant: Contestant,
  { seed, churnMs = 1000, checks = CHECKS }: GateOptions,
): Promise<GateRecord> {
  const random = seededRandom(seed)
  const { exchanges, unknown } = contestant
  const found: GateCheck[] = []
  let server: ServerProcess | undefined
  try {
    for (const check of checks) {
      // On no core of its own: see the churn.
      if (server === undefined || server.ended() !== undefined) {
        server = await startServerProcess(contestant)
      }
      const subject = { port: server.port, random, churnMs, exchanges, unknown }
      const finding = await faceCheck(check, subject, server)
      found.push({ name: check.name, ...finding })
      // Who cannot answer plain questions fails everything, and each failure takes its time.
      if (check === QUESTIONS && finding.result === 'failed') break
    }
  } finally {
    await server?.stop()
  }
  return { name: contestant.name, checks: found }
}

async function faceCheck(
  check: Check,
  subject: Subject,
  server: Pick<ServerProcess, 'ended' | 'errors'>,
): Promise<Finding> {
  try {
    const finding = await check.face(subject)
    await converse(subject, FRESH_QUESTIONS, 'after it, a fresh client')
    return finding
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    // What kills a server shows on the socket before it shows on the process.
    await wait(DEATH_MS)
    const ended = server.ended()
    const death = ended === undefined ? '' : `; the server died (${ended})${lastLine(server)}`
    return { result: 'failed', detail: `${error.message}${death}` }
  }
}

function lastLine(server: Pick<ServerProcess, 'errors'>): string {
  const line = server.errors().trim().split('\n').at(-1) ?? ''
  return line === '' ? '' : `: ${line}`
}
