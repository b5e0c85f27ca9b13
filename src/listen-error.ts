/**
 * Where to listen, and why it did not work: shared by every architecture.
 *
 * An error keeps the system's own code and says what to do about it.
 */

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { LancelotError } from './errors.ts'

/** What the system says of a failed call. */
export interface SystemFault {
  readonly code?: string | undefined
  readonly message: string
  readonly syscall?: string | undefined
  readonly errno?: number | undefined
}

/** The address of a host name; an address is its own. Rejects with `ENOTFOUND` or the like. */
export async function resolveHost(host: string): Promise<string> {
  if (isIP(host) !== 0) return host
  try {
    const { address } = await lookup(host)
    return address
  } catch (cause) {
    const fault = cause as SystemFault
    const advice = 'check its spelling, or give an address such as 127.0.0.1'
    throw systemError(fault, `host ${host} could not be found: ${advice}`, cause)
  }
}

/** The error for a listener that could not be opened. */
export function listenError(fault: SystemFault, host: string, port: number): LancelotError {
  return systemError(fault, listenMessage(fault, host, port), fault)
}

function systemError(fault: SystemFault, message: string, cause: unknown): LancelotError {
  const { code = 'UNKNOWN', syscall, errno } = fault
  return new LancelotError(code, message, {
    cause,
    ...(syscall === undefined ? {} : { syscall }),
    ...(errno === undefined ? {} : { errno }),
  })
}

function listenMessage(fault: SystemFault, host: string, port: number): string {
  switch (fault.code) {
    case 'EADDRINUSE': {
      const advice = 'stop the program that has it, or choose another port'
      return `port ${port} on ${host} is in use: ${advice}`
    }
    case 'EACCES':
      return `port ${port} on ${host} is not allowed: choose one over 1023, or get the permission`
    case 'EADDRNOTAVAIL':
      return `${host} is no address of this machine: listen on one that is, or on 0.0.0.0 or ::`
    default:
      return `could not listen on port ${port} of ${host}: ${fault.message}`
  }
}
