/**
 * The servers that `lancelot bench` asks: from words of the command line to addresses.
 *
 * Only this machine is asked. Who listens there is for `listeners.ts` to say.
 */

import { connect, isIP, isIPv6 } from 'node:net'
import { LancelotError } from '../errors.ts'

const CONNECT_MS_MAX = 5000

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
