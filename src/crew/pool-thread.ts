/** A thread of a pool, which calls the handler of a module: where it begins. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { askHandler } from '../ask-handler.ts'
import type { LancelotError } from '../errors.ts'
import { importHandler } from '../handler-module.ts'
import type { Encoding, Handler } from '../types.ts'
import { pack, packError, type Reply, unpackDecoded } from './messages.ts'
import { type Act, PoolConnection } from './pool-connection.ts'
import {
  CLAIMED,
  COUNTS,
  type PoolCommand,
  type PoolReport,
  type PoolRequest,
  type PoolStart,
  PUSH_BYTES_MAX,
} from './pool-messages.ts'

const port = parentPort as MessagePort
const start = workerData as PoolStart
const replies = new Map<number, (reply: Reply) => void>()
let lastTicket = 0
/** Of pushes that were not replied to. */
let pushBytes = 0

const tell = (report: PoolReport): void => port.postMessage(report)

const act: Act = async (id, what, argument) => {
  const bytes = what === 'send' ? (argument?.length ?? 0) : 0
  if (bytes > 0 && pushBytes + bytes > PUSH_BYTES_MAX) {
    Atomics.add(start.counts, COUNTS.pushesRefused, 1)
    return undefined
  }
  pushBytes += bytes
  lastTicket += 1
  const ticket = lastTicket
  tell(['act', id, what, ticket, argument])
  const reply = await new Promise<Reply>(resolve => replies.set(ticket, resolve))
  pushBytes -= bytes
  return reply
}

/** Whether it had not been withdrawn. */
function serve(handler: Handler<Encoding>, [, ticket, slot, packed, who]: PoolRequest): boolean {
  Atomics.add(start.counts, COUNTS.taken, 1)
  Atomics.add(start.counts, COUNTS.takenBytes, packed.length)
  if (Atomics.compareExchange(start.claims, slot, ticket, CLAIMED) !== ticket) return false
  const request = unpackDecoded(packed, start.encoding)
  const connection = new PoolConnection(who, start, act)
  askHandler(handler, request, connection, start, (outcome, failure) => {
    if (typeof outcome !== 'string') tell(['answered', ticket, pack(outcome)])
    else tell(['ended', ticket, outcome, failure && packError(failure)])
  })
  return true
}

function obey(handler: Handler<Encoding>, commands: readonly PoolCommand[]): void {
  let isPassed = false
  for (const command of commands) {
    if (command[0] === 'ask') isPassed = !serve(handler, command) || isPassed
    else {
      replies.get(command[1])?.(command[2])
      replies.delete(command[1])
    }
  }
  if (isPassed) tell(['passed'])
}

async function begin(): Promise<void> {
  try {
    const handler = await importHandler(new URL(start.handlerModule))
    port.on('message', (commands: readonly PoolCommand[]) => obey(handler, commands))
    tell(['ready'])
  } catch (error) {
    tell(['unfit', packError(error as LancelotError)])
  }
}

await begin()
