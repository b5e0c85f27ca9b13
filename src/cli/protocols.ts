/** The ready protocols by name. */

import { lancelot } from '../protocols/lancelot.ts'
import type { Protocol } from '../protocols/protocol.ts'
import { zen } from '../protocols/zen.ts'

/** Every ready protocol. The first is the default. */
export const PROTOCOLS: readonly Protocol[] = [lancelot, zen]

/** The protocol of a name that the command line has checked. */
export function protocolNamed(name: string): Protocol {
  return PROTOCOLS.find(protocol => protocol.name === name) ?? lancelot
}
