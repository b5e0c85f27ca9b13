/** The main comparison: server CPU per request, every request answered from the table. */

import { compare, type Load } from './compare.ts'
import type { Faults } from './faults.ts'
import { entryOf, type ServerName } from './servers.ts'

const CONVERSATION_QUESTIONS = 3

/** The steady loads, under which a question is answered and the next one asked. */
export const STEADY_LOADS: readonly Load[] = [
  {
    title: '50 connections, depth 1',
    unit: 'request',
    model: { kind: 'closed', users: 50, depth: 1 },
  },
  {
    title: '50 connections, depth 16',
    unit: 'request',
    model: { kind: 'closed', users: 50, depth: 16 },
  },
  {
    title: '1,000 connections, depth 1',
    unit: 'request',
    model: { kind: 'closed', users: 1000, depth: 1 },
  },
]

/** Users that come, ask three questions and go. Times are those of a question. */
export const CONVERSATIONS: Load = {
  title: '20 users in short conversations',
  unit: 'conversation',
  requestsEach: CONVERSATION_QUESTIONS,
  model: { kind: 'closed', users: 20, questions: CONVERSATION_QUESTIONS },
}

/** What to run. */
export interface SlicesPlan {
  names: readonly ServerName[]
  rounds: number
  seed: number
}

/** Runs the comparison and prints its tables. Resolves to the faults of all slices. */
export function runSlices({ names, rounds, seed }: SlicesPlan): Promise<Faults> {
  return compare({
    entries: names.map(name => entryOf(name)),
    bases: ['floor', 'node-net'],
    loads: [...STEADY_LOADS, CONVERSATIONS],
    rounds,
    seed,
  })
}
