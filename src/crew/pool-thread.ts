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
  type PoolCommand,
  type PoolReport,
  type PoolRequest,
  type PoolStart,
} from './pool-messages.ts'

const port = parentPort as MessagePort
const start = workerData as PoolStart
const replies = new Map<number, (reply: Reply) => void>()
let lastTicket = 0

const tell = (report: PoolReport): void => port.postMessage(report)

const act: Act = (id, what, argument) => {
  lastTicket += 1
  const ticket = lastTicket
  tell(['act', id, what, ticket, argument])
  return new Promise(resolve => replies.set(ticket, resolve))
}

function serve(handler: Handler<Encoding>, [, ticket, slot, packed, who]: PoolRequest): void {
  if (Atomics.compareExchange(start.claims, slot, ticket, CLAIMED) !== ticket) return
  const request = unpackDecoded(packed, start.encoding)
  const connection = new PoolConnection(who, start, act)
  askHandler(handler, request, connection, start, (outcome, failure) => {
    if (typeof outcome !== 'string') tell(['answered', ticket, pack(outcome)])
    else tell(['ended', ticket, outcome, failure && packError(failure)])
  })
}

async function begin(): Promise<void> {
  try {
    const handler = await importHandler(new URL(start.handlerModule))
    port.on('message', (commands: readonly PoolCommand[]) => {
      for (const command of commands) {
        if (command[0] === 'ask') serve(handler, command)
        else {
          replies.get(command[1])?.(command[2])
          replies.delete(command[1])
        }
      }
    })
    tell(['ready'])
  } catch (error) {
    tell(['unfit', packError(error as LancelotError)])
  }
}

await begin()
