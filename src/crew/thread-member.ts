/** A member that is a worker thread: where it begins. */

import { type MessagePort, parentPort } from 'node:worker_threads'
import { Member } from './member.ts'
import type { Command } from './messages.ts'

const port = parentPort as MessagePort
const member = new Member(
  batch => port.postMessage(batch),
  () => process.exit(0),
)
port.on('message', (batch: readonly Command[]) => member.obey(batch))
