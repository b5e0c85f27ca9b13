/**
 * What messages between a leader and a member weigh: what bounds the queues between them.
 *
 * Both sides weigh alike. Who sends a message adds it to what waits; who has taken it says so, and
 * then it waits no more, wherever it was meanwhile: in the sender, the system or the receiver.
 */

import type { Command, Lane, PackedAnswer, Report, Taken } from './messages.ts'

/** Messages of one lane that wait, and their bytes. */
export interface Load {
  count: number
  bytes: number
}

/** What waits, by lane. */
export type Loads = Readonly<Record<Lane, Load>>

/** What a push or a change costs beside its text, with the promise of who waits for it. */
const MESSAGE_BYTES = 256

/** Nothing waits. */
export function newLoads(): Loads {
  const load = (): Load => ({ count: 0, bytes: 0 })
  return { events: load(), requests: load(), responses: load(), pushes: load(), changes: load() }
}

/**
 * Adds a message to the lane that it counts in; returns its bytes. Ends of connections count in
 * none: there is one for each that was introduced. Nor do replies, which the other side asked for,
 * and counters, of which a batch has at most one.
 */
export function weigh(loads: Loads, message: Command | Report): number {
  switch (message[0]) {
    case 'asked':
      return add(loads.requests, message[3].length)
    case 'answer':
      return add(loads.responses, message[3].length)
    case 'end':
      return add(loads.responses, 0)
    case 'requested':
    case 'responded':
      return add(loads.events, message[2].length)
    case 'met':
      return message[2] === 'opened' || message[2] === 'early' ? add(loads.events, 0) : 0
    case 'failed':
      return add(loads.events, message[1].message.length)
    case 'in-flight':
      return add(loads.events, 0)
    case 'send':
    case 'join':
    case 'leave':
      return add(loads.pushes, MESSAGE_BYTES + message[3].length)
    case 'broadcast':
      return add(loads.pushes, MESSAGE_BYTES + message[2].length + (message[3]?.length ?? 0))
    case 'set':
      return add(loads.changes, MESSAGE_BYTES + message[1][0].length + message[1][1].length)
    case 'delete':
      return add(loads.changes, MESSAGE_BYTES + message[1].length)
    case 'replace':
      return add(loads.changes, sumAnswers(message[1]))
    default:
      return 0
  }
}

/** What a message weighs in its lane. */
export function bytesOf(message: Command | Report): number {
  return weigh(newLoads(), message)
}

/** What has been added since the last time, and is forgotten with this. */
export function takeLoads(loads: Loads): Taken[] {
  const taken: Taken[] = []
  for (const lane of Object.keys(loads) as Lane[]) {
    const load = loads[lane]
    if (load.count === 0) continue
    taken.push([lane, load.count, load.bytes])
    load.count = 0
    load.bytes = 0
  }
  return taken
}

/** Subtracts what the other side has taken. It never takes what was not sent. */
export function settleLoads(loads: Loads, taken: readonly Taken[]): void {
  for (const [lane, count, bytes] of taken) {
    const load = loads[lane]
    load.count -= count
    load.bytes -= bytes
    if (load.count < 0 || load.bytes < 0) throw new Error(`more ${lane} were taken than sent`)
  }
}

function add(load: Load, bytes: number): number {
  load.count += 1
  load.bytes += bytes
  return bytes
}

function sumAnswers(answers: readonly PackedAnswer[]): number {
  return answers.reduce((sum, [key, answer]) => sum + key.length + answer.length, 0)
}
