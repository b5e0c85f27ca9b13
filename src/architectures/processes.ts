/**
 * Several processes, forked by node:cluster, each with an event loop in JavaScript.
 *
 * This process accepts, and hands connections out in turn (`crew/reception.ts`); the members read,
 * answer and write. Handlers run here unless they are a module: then every member has its own.
 *
 * node:cluster is one for the whole process: its settings are put back after each fork, so workers
 * of your own are forked as you said. They and ours share `cluster.workers` and the events of
 * `cluster`; an `exit` listener of yours should know its own workers by their ids.
 */

import cluster, { type ClusterSettings } from 'node:cluster'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import { ChildPort } from '../crew/child-port.ts'
import type { Port, PortListener } from '../crew/crew-port.ts'
import { entryUrl, memberFlags } from '../crew/entries.ts'
import { Leader } from '../crew/leader.ts'
import { LancelotError } from '../errors.ts'
import type { ServerSettings } from '../options.ts'
import { AnswerMap } from '../protocol/answers.ts'
import { checkEngine, listen } from '../socket-source.ts'
import type { Architecture, Driver, Observer } from './architecture.ts'

const WORKERS = 4

/** Processes of node:cluster. */
export const processes: Architecture = {
  name: 'processes',
  summary: 'processes of node:cluster, which are handed connections in turn',
  workers: WORKERS,
  runsHandlerModule: true,
  start,
}

async function start(settings: ServerSettings, observer: Observer): Promise<Driver> {
  checkEngine(settings)
  if (!cluster.isPrimary || !isMainThread) {
    const where = isMainThread ? 'in a worker of node:cluster' : 'in a worker thread'
    const advice = 'start it in the primary process, or choose worker-threads'
    const message = `the architecture processes cannot run ${where}: ${advice}`
    throw new LancelotError('ERR_LANCELOT_ARCHITECTURE', message)
  }
  const standing = settings.workers ?? WORKERS
  const answers = new AnswerMap(settings, settings.answers)
  const listener = await listen(settings, true)
  const design = { answers, launch: fork, standing, membersMax: standing, listener }
  return new Leader(settings, observer, design).start()
}

function fork(listener: PortListener): Port {
  const theirs = cluster.settings
  cluster.setupPrimary({
    exec: fileURLToPath(entryUrl('process-member')),
    execArgv: memberFlags(),
    args: [],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    silent: false,
  })
  try {
    return new ChildPort(cluster.fork().process, listener, true)
  } finally {
    restore(theirs)
  }
}

/** The settings of cluster as they were, or as they are at first. */
function restore(theirs: ClusterSettings): void {
  const { settings } = cluster as { settings: ClusterSettings }
  for (const name of Object.keys(settings)) delete settings[name as keyof ClusterSettings]
  Object.assign(settings, theirs)
}
