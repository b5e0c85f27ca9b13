/**
 * What a check of the gate is given and what it says, and the small steps all checks share.
 */

import type { Contestant } from '../contestants.ts'
import type { GateCheck } from '../run-file.ts'
import type { Random } from '../statistics.ts'
import { type Caller, call } from './caller.ts'

/** The server that is looked at. */
export interface Subject extends Pick<Contestant, 'exchanges' | 'unknown'> {
  port: number
  random: Random
  /** How long the check of comings and goings lasts for each of its four parts. */
  churnMs: number
}

/** What a check found. */
export type Finding = Pick<GateCheck, 'result' | 'detail'>

/** One mistake that clients make, or one thing they may rightly do. */
export interface Check {
  name: string
  /** Resolves to what was found; rejects with `Fault` where the server did wrong. */
  face(subject: Subject): Promise<Finding>
}

/** What a server did wrong. Its message is the detail of the check. */
export class Fault extends Error {}

/** Nothing was wrong. */
export const PASSED: Finding = { result: 'passed', detail: '' }

/** The design may do this, but people should know. */
export function noted(detail: string): Finding {
  return { result: 'noted', detail }
}

/** The nth exchange, from the first again after the last. */
export function exchangeAt(
  { exchanges }: Pick<Contestant, 'exchanges'>,
  index: number,
): { request: string; response: string } {
  const [request, response] = exchanges[index % exchanges.length] ?? ['', '']
  return { request, response }
}

/** What must come for so many requests, all together. */
export function responsesOf(subject: Pick<Contestant, 'exchanges'>, count: number): string {
  return Array.from({ length: count }, (_, index) => exchangeAt(subject, index).response).join('')
}

/** So many requests, all together. */
export function requestsOf(subject: Pick<Contestant, 'exchanges'>, count: number): string {
  return Array.from({ length: count }, (_, index) => exchangeAt(subject, index).request).join('')
}

/** Waits until exactly `expected` came since `from` bytes. Throws Fault. */
export async function expectBytes(
  caller: Caller,
  from: number,
  expected: string,
  what: string,
  msMax?: number,
): Promise<void> {
  const waited = await caller.waitFor(from + expected.length, msMax)
  const came = caller.received().slice(from)
  if (came === expected) return
  if (came.length > 0 && !expected.startsWith(came)) {
    throw new Fault(`${what}: ${quote(came)} came, expected ${quote(expected)}`)
  }
  const how = waited === 'late' ? 'in time' : 'before the server ended the connection'
  const amount = `${came.length} of ${expected.length} bytes came ${how}`
  throw new Fault(`${what}: ${amount}, expected ${quote(expected)}`)
}

/** Asks one by one on a connection of its own and leaves. Throws Fault. */
export async function converse(
  subject: Pick<Subject, 'port' | 'exchanges'>,
  questions: number,
  what: string,
  msMax?: number,
): Promise<void> {
  await visit(subject.port, what, async caller => {
    let from = 0
    for (let index = 0; index < questions; index++) {
      const { request, response } = exchangeAt(subject, index)
      await caller.send(request)
      await expectBytes(caller, from, response, what, msMax)
      from += response.length
    }
  })
}

/** Lends a connection and leaves in order, whatever happened. Throws Fault, as `enter` does. */
export async function visit<Result>(
  port: number,
  what: string,
  work: (caller: Caller) => Promise<Result>,
): Promise<Result> {
  const caller = await enter(port, what)
  try {
    return await work(caller)
  } finally {
    caller.leave()
  }
}

/** Connects. Throws Fault where the server takes no connection. */
export async function enter(port: number, what: string): Promise<Caller> {
  try {
    return await call(port)
  } catch (error) {
    throw new Fault(`${what}: the server took no connection (${(error as Error).message})`)
  }
}

/** A text for people, cut where it is long. */
export function quote(text: string): string {
  const shown = text.length > 60 ? `${text.slice(0, 57)}...` : text
  return JSON.stringify(shown)
}
