/**
 * The channels of `node:diagnostics_channel` on which servers tell their events, by name.
 *
 * Node does not say when a channel gains or loses a subscriber, and what nobody subscribes to must
 * not even be recorded. So the methods that change it are wrapped on our channels, and only there.
 * Where that cannot be done, a server sees who had subscribed before it started.
 */

import { type Channel, channel } from 'node:diagnostics_channel'
import { EVENT_NAMES } from './options.ts'
import type { ServerEvents } from './types.ts'

/** The channel of each event. Held for ever: a channel that nobody holds is collected. */
export const CHANNELS: Readonly<Record<keyof ServerEvents, Channel>> = Object.fromEntries(
  EVENT_NAMES.map(name => [name, channel(`lancelot.${name}`)]),
) as Record<keyof ServerEvents, Channel>

const CHANGING = ['subscribe', 'unsubscribe', 'bindStore', 'unbindStore'] as const

const watchers = new Set<() => void>()

/** Calls back whenever a channel may have gained or lost a subscriber, until it is let go. */
export function watchChannels(changed: () => void): () => void {
  // One of its own for each caller: the same function may watch twice.
  const watcher = (): void => changed()
  watchers.add(watcher)
  return () => {
    watchers.delete(watcher)
  }
}

type Method = (...args: unknown[]) => unknown

function wrap(target: Record<string, Method | undefined>, name: string): void {
  if (typeof target[name] !== 'function') return
  const earlier = Object.hasOwn(target, name) ? target[name] : undefined
  const wrapped = function (this: unknown, ...args: unknown[]): unknown {
    // A channel changes its prototype when the first subscribes and the last leaves.
    const method = earlier ?? (Object.getPrototypeOf(target)[name] as Method)
    const result = method.apply(this, args)
    for (const watcher of watchers) watcher()
    return result
  }
  const descriptor = { value: wrapped, configurable: true, writable: true, enumerable: false }
  Reflect.defineProperty(target, name, descriptor)
}

for (const name of EVENT_NAMES) {
  const target = CHANNELS[name] as unknown as Record<string, Method | undefined>
  for (const method of CHANGING) wrap(target, method)
}
