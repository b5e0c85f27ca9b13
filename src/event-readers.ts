/**
 * Who reads the events of one server besides its listeners: iterators, and subscribers of the
 * channels. Says which events they want, and shows events to them.
 */

import { CHANNELS, watchChannels } from './channels.ts'
import { type Dropped, EventStream } from './event-stream.ts'
import type { EventsSettings } from './options.ts'
import type { ServerEvent, ServerEvents } from './types.ts'

/** An event as it is told. */
export type ToldEvent = Exclude<ServerEvent, Dropped>

/** The iterators over one server, and the channels. */
export class EventReaders {
  #server: object | undefined
  #changed: () => void = () => {}
  #forgetChannels: () => void = () => {}
  readonly #streams = new Map<EventStream<ToldEvent>, ReadonlySet<string>>()
  #isEnded = false

  /**
   * The server is there, which the messages of the channels hold. `changed` is called when other
   * events may be wanted, until the end.
   */
  begin(server: object, changed: () => void): void {
    this.#server = server
    this.#changed = changed
    this.#forgetChannels = watchChannels(changed)
  }

  /** Whether an event has a reader. */
  want(name: keyof ServerEvents): boolean {
    if (this.#isEnded) return false
    if (CHANNELS[name].hasSubscribers) return true
    for (const only of this.#streams.values()) if (only.has(name)) return true
    return false
  }

  /** Shows an event to those who want it. Whether an iterator took it. */
  show(event: ToldEvent): boolean {
    let isTaken = false
    for (const [stream, only] of this.#streams) {
      if (only.has(event.type) && stream.push(event)) isTaken = true
    }
    const channel = CHANNELS[event.type]
    // The server first: to append a property to a copy is many times as slow in Node 20.
    if (channel.hasSubscribers) channel.publish({ server: this.#server, ...event })
    return isTaken
  }

  /** A new iterator, which reads from now on. */
  read({ only, queuedMax, signal }: EventsSettings): EventStream<ToldEvent> {
    const ended = (stream: EventStream<ToldEvent>): void => {
      if (this.#streams.delete(stream)) this.#changed()
    }
    const stream = new EventStream<ToldEvent>({ queuedMax, signal, ended })
    if (this.#isEnded) stream.end()
    if (stream.isEnded) return stream
    this.#streams.set(stream, new Set(only))
    this.#changed()
    return stream
  }

  /** There will be no more events. */
  end(): void {
    this.#isEnded = true
    this.#forgetChannels()
    for (const stream of [...this.#streams.keys()]) stream.end()
  }
}
