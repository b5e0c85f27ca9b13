/**
 * What the kernel says of the sockets that listen on a port, at any address: who holds them, and
 * who waits in their queue.
 *
 * Reads /proc; where the system has none, nothing listens.
 */

import { readFileSync, readlinkSync } from 'node:fs'
import { listFolder, parentOf, processIds } from './process-tree.ts'

/** The state of a listening socket in /proc/net/tcp. */
const LISTENING = '0A'

interface ListeningSocket {
  inode: string
  /** Connections that the kernel has made and the server has not taken. */
  waiting: number
}

/**
 * The process that listens there; where several share the listener, the first of the family. Or
 * undefined: nobody does, or the process is somebody else's and we may not look.
 */
export function findServerPid(port: number): number | undefined {
  const links = new Set(listeningSockets(port).map(({ inode }) => `socket:[${inode}]`))
  if (links.size === 0) return undefined
  const holders = processIds().filter(pid => holdsOneOf(pid, links))
  return holders.find(pid => !holders.includes(parentOf(pid) ?? 0))
}

/** How many connections wait until the server takes them. */
export function countWaiting(port: number): number {
  return listeningSockets(port).reduce((sum, { waiting }) => sum + waiting, 0)
}

function listeningSockets(port: number): ListeningSocket[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const lines = ['tcp', 'tcp6'].flatMap(table => look(`/proc/net/${table}`).split('\n'))
  return lines.flatMap(line => {
    const [, local = '', , state, queues = '', , , , , inode = ''] = line.trim().split(/\s+/)
    if (state !== LISTENING || !local.endsWith(wanted)) return []
    // Two numbers, to send and to take; of a listener the second counts connections.
    return [{ inode, waiting: Number.parseInt(queues.split(':')[1] ?? '0', 16) }]
  })
}

function holdsOneOf(pid: number, links: ReadonlySet<string>): boolean {
  const folder = `/proc/${pid}/fd`
  return listFolder(folder).some(entry => {
    try {
      return links.has(readlinkSync(`${folder}/${entry}`))
    } catch {
      // It was closed meanwhile.
      return false
    }
  })
}

function look(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
