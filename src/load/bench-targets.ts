/**
 * The servers that `lancelot bench` asks: from words of the command line to addresses, processes.
 *
 * Only this machine is asked. Finds who listens in /proc, where the system has one.
 */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { connect, isIP, isIPv6 } from 'node:net'
import { LancelotError } from '../errors.ts'

const CONNECT_MS_MAX = 5000
/** The state of a listening socket in /proc/net/tcp. */
const LISTENING = '0A'

/** A server to measure. */
export interface Target {
  name: string
  /** An address as numbers. */
  host: string
  port: number
}

/** From `1060`, `127.0.0.1:1060`, `[::1]:1060` or `name=...`. Throws ERR_LANCELOT_OPTION_RANGE. */
export function parseTarget(text: string): Target {
  const [, name, place = ''] = /^(?:([^=]+)=)?(.*)$/s.exec(text) ?? []
  const [, bracketed, plain, portText = ''] =
    /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d{1,5})$/.exec(place) ?? []
  const written = bracketed ?? plain ?? '127.0.0.1'
  const host = written === 'localhost' ? '127.0.0.1' : written
  const port = Number(portText)
  if (isIP(host) === 0 || port < 1 || port > 65_535) {
    throw new LancelotError(
      'ERR_LANCELOT_OPTION_RANGE',
      `target '${text}': expected a port, host:port or name=host:port, where the host is an ` +
        'address of this machine in numbers, or localhost',
    )
  }
  return { name: name ?? place, host, port }
}

/** The same for all. Throws when two have one name. */
export function parseTargets(texts: readonly string[]): Target[] {
  const targets = texts.map(parseTarget)
  const names = targets.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return targets
  throw new LancelotError(
    'ERR_LANCELOT_OPTION_RANGE',
    `two targets are named '${twice}'; names must differ: another=127.0.0.1:1060 names one`,
  )
}

/** Resolves when it takes a connection. Rejects with ERR_LANCELOT_TARGET. */
export function requireListening({ name, host, port }: Target): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: CONNECT_MS_MAX })
    const fail = (found: string): void => {
      socket.destroy()
      reject(
        new LancelotError(
          'ERR_LANCELOT_TARGET',
          `${name}: nobody takes connections at ${showPlace({ host, port })} (${found}); ` +
            `start the server first: lancelot serve --port ${port}`,
        ),
      )
    }
    socket.once('connect', () => {
      socket.destroy()
      resolve()
    })
    socket.once('timeout', () => fail(`${CONNECT_MS_MAX} ms passed`))
    socket.once('error', error => fail((error as NodeJS.ErrnoException).code ?? error.message))
  })
}

/** `127.0.0.1:1060`, `[::1]:1060`. */
export function showPlace({ host, port }: Pick<Target, 'host' | 'port'>): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}

/**
 * The process that listens there; where several share the listener, the first of the family. Or
 * undefined: the system has no /proc, or the process is somebody else's and we may not look.
 */
export function findServerPid({ port }: Pick<Target, 'port'>): number | undefined {
  const inodes = listeningInodes(port)
  if (inodes.size === 0) return undefined
  const holders = processes().filter(pid => holdsOneOf(pid, inodes))
  const parents = new Map(holders.map(pid => [pid, parentOf(pid)]))
  return holders.find(pid => !holders.includes(parents.get(pid) ?? 0))
}

/** The inodes of the sockets that listen on a port, at any address. */
function listeningInodes(port: number): Set<string> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  const lines = ['tcp', 'tcp6'].flatMap(table => look(`/proc/net/${table}`).split('\n'))
  const found = new Set<string>()
  for (const line of lines) {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
    if (state === LISTENING && local.endsWith(`:${wanted}`)) found.add(`socket:[${inode}]`)
  }
  return found
}

function processes(): number[] {
  return list('/proc')
    .filter(entry => /^\d+$/.test(entry))
    .map(Number)
    .sort((a, b) => a - b)
}

function holdsOneOf(pid: number, inodes: ReadonlySet<string>): boolean {
  const folder = `/proc/${pid}/fd`
  return list(folder).some(entry => {
    try {
      return inodes.has(readlinkSync(`${folder}/${entry}`))
    } catch {
      // It was closed meanwhile.
      return false
    }
  })
}

function parentOf(pid: number): number {
  // The name, in parentheses, may hold anything.
  const [, parent] = look(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ')
  return Number(parent)
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function look(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
