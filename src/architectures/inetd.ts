/**
 * A super-server: it listens, and starts a process for each connection, whose standard input is the
 * socket. The process serves that one and ends. It is `nowait` of inetd, as the textbook tells it.
 *
 * At most `PROCESSES_MAX` run at a time, whatever `connectionsMax` allows; more connections wait,
 * accepted and unread, for one of them to end. That costs no more than their sockets.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { ChildPort } from '../crew/child-port.ts'
import type { Port, PortListener } from '../crew/crew-port.ts'
import { entryUrl, memberFlags } from '../crew/entries.ts'
import { Leader } from '../crew/leader.ts'
import type { ServerSettings } from '../options.ts'
import { AnswerMap } from '../protocol/answers.ts'
import { checkEngine, listen } from '../socket-source.ts'
import type { Architecture, Driver, Observer } from './architecture.ts'

/** A process of Node.js takes some 40 MB. */
const PROCESSES_MAX = 256

/** A process for each connection. */
export const inetd: Architecture = {
  name: 'inetd',
  summary: 'a super-server that starts a process for each connection',
  runsHandlerModule: true,
  start,
}

async function start(settings: ServerSettings, observer: Observer): Promise<Driver> {
  checkEngine(settings)
  const answers = new AnswerMap(settings, settings.answers)
  const listener = await listen(settings, true)
  const membersMax = Math.min(settings.connectionsMax, PROCESSES_MAX)
  const design = { answers, launch, standing: 0, membersMax, listener }
  return new Leader(settings, observer, design).start()
}

function launch(listener: PortListener, socket: Socket | undefined): Port {
  const port = new ChildPort(run(socket as Socket), listener, false)
  // The process has a descriptor of its own now: closing this one ends nothing.
  socket?.destroy()
  return port
}

function run(socket: Socket): ChildProcess {
  const words = [...memberFlags(), fileURLToPath(entryUrl('inetd-member'))]
  return spawn(process.execPath, words, {
    stdio: [socket, 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  })
}
