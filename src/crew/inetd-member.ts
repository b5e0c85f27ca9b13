/**
 * A process that serves one connection, its standard input: where it begins.
 *
 * Started by the leader of `inetd` it is told everything by message. Started by a real inetd or by
 * systemd (`Accept=yes`, `StandardInput=socket`) it takes an answers file as its argument:
 *
 * ```text
 * lancelot stream tcp nowait nobody /usr/bin/node node .../src/crew/inetd-member.js answers.json
 * ```
 */

import { Socket } from 'node:net'
import { obeyParent } from './parent-line.ts'

/** A socket reads from when it is made, and tells of its end once: whoever makes it must listen. */
const open = (): Socket => new Socket({ fd: 0, allowHalfOpen: true })
if (process.send !== undefined) obeyParent(open)
else {
  const { serveAlone } = await import('./inetd-alone.ts')
  await serveAlone(open, process.argv[2])
}
