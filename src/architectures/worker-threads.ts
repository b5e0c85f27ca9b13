/**
 * Several worker threads, each with an event loop in JavaScript, which accept from one listener.
 *
 * Node.js cannot share a listener between threads, so the addon opens it and gives each thread a
 * descriptor of its own, which that thread owns and closes. A few are kept for threads that take
 * the place of dead ones, and closed with the server; once none is left, the dead stay.
 * Handlers run on the thread that started the server unless they are a module: then every thread
 * has its own. A connection is served by whichever thread is first to accept it.
 */

import { platform } from 'node:process'
import { Worker } from 'node:worker_threads'
import type { Port, PortListener } from '../crew/crew-port.ts'
import { entryUrl } from '../crew/entries.ts'
import { Leader } from '../crew/leader.ts'
import type { Report } from '../crew/messages.ts'
import { LancelotError } from '../errors.ts'
import { listenError, resolveHost } from '../listen-error.ts'
import { type Addon, loadAddon, type SharedListener, systemFault } from '../native.ts'
import { rangeError } from '../option-table.ts'
import type { ServerSettings } from '../options.ts'
import { AnswerMap } from '../protocol/answers.ts'
import { checkEngine } from '../socket-source.ts'
import type { Architecture, Driver, Observer } from './architecture.ts'

const WORKERS = 4
/** How many threads can be replaced. */
const SPARES = 16

/** Threads of node:worker_threads. */
export const workerThreads: Architecture = {
  name: 'worker-threads',
  summary: 'worker threads of Node.js, which accept from one listener',
  workers: WORKERS,
  runsHandlerModule: true,
  start,
}

async function start(settings: ServerSettings, observer: Observer): Promise<Driver> {
  checkEngine(settings)
  checkThreads(settings)
  const answers = new AnswerMap(settings, settings.answers)
  const addon = await loadAddon()
  const standing = settings.workers ?? WORKERS
  const { descriptors } = await share(addon, settings, standing + SPARES)
  return new Leader(settings, observer, {
    answers,
    launch,
    standing,
    membersMax: standing,
    takeDescriptor: () => descriptors.pop(),
    openTogether: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)),
    release: () => addon.closeDescriptors(descriptors.splice(0)),
  }).start()
}

/** Refuses what only threads cannot do. */
function checkThreads({ reusePort }: ServerSettings): void {
  if (platform === 'win32') {
    const advice = 'choose processes, or callback'
    const message = `the architecture worker-threads cannot run on Windows: ${advice}`
    throw new LancelotError('ERR_LANCELOT_ARCHITECTURE', message)
  }
  if (reusePort) throw rangeError('reusePort', 'true', 'false: worker-threads share one listener')
}

async function share(
  addon: Addon,
  settings: ServerSettings,
  count: number,
): Promise<SharedListener> {
  const { port, backlog } = settings
  const host = await resolveHost(settings.host)
  try {
    return addon.shareListener(host, port, backlog, count)
  } catch (error) {
    throw listenError(systemFault(error as Error), settings.host, port)
  }
}

function launch(listener: PortListener): Port {
  const worker = new Worker(entryUrl('thread-member'))
  let how: string | undefined
  worker.on('message', (batch: readonly Report[]) => listener.heard(batch))
  worker.once('error', error => {
    how = error.message
  })
  worker.once('exit', code => listener.ended(how ?? `exit code ${code}`))
  return {
    name: `the member thread ${worker.threadId}`,
    post: batch => worker.postMessage(batch),
    kill: () => void worker.terminate(),
    setRef: isRef => {
      if (isRef) worker.ref()
      else worker.unref()
    },
  }
}
