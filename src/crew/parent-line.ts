/**
 * The other end of a `ChildPort`: how a member that is a process hears of its leader and ends.
 *
 * It ends when it has told all, and when its leader is gone. SIGINT and SIGTERM are the leader's to
 * obey: a terminal and systemd send them to all processes, and a drain needs the members.
 */

import type { Socket } from 'node:net'
import { HELLO, SOCKET } from './child-port.ts'
import { Member } from './member.ts'
import type { Command } from './messages.ts'

/** Serves until the leader says stop, or until the socket that `openOnly` opens is closed. */
export function obeyParent(openOnly?: () => Socket): void {
  let unsent = 0
  let isRetired = false
  const exit = (): void => {
    if (isRetired && unsent === 0) process.exit(0)
  }
  const post = (batch: readonly unknown[]): void => {
    if (!process.connected) return
    unsent += 1
    process.send?.(batch, undefined, {}, () => {
      unsent -= 1
      exit()
    })
  }
  const retire = (): void => {
    isRetired = true
    exit()
  }
  const member = new Member(post, retire, openOnly)
  process.on('message', (message: unknown, socket: unknown) => {
    if (message === SOCKET) member.take(socket as Socket | undefined)
    else member.obey(message as readonly Command[])
  })
  process.send?.(HELLO)
  process.on('disconnect', () => process.exit(0))
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => {})
}
