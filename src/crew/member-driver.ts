/**
 * The driver of a member: one in JavaScript that says when something changed, knows its peers by
 * their ids, and takes no more requests for its leader than that can hear of.
 */

import type { Observer } from '../architectures/architecture.ts'
import { type JsDesign, JsDriver } from '../js-driver.ts'
import type { ServerSettings } from '../options.ts'
import type { Peer } from '../peer.ts'
import type { Load } from './lanes.ts'
import { HEARD_BYTES, HEARD_MESSAGES } from './line.ts'

/** A driver whose counters are reported. */
export class MemberDriver extends JsDriver {
  readonly #changed: () => void
  /** One that waited for room, perhaps with others. */
  #waiter: Peer | undefined

  /** `changed` is told when counters have changed. */
  constructor(design: JsDesign, observer: Observer, changed: () => void) {
    super(design, observer)
    this.#changed = changed
  }

  override settled(peer: Peer): void {
    if (peer.waitsForRoom) this.#waiter = peer
    super.settled(peer)
    this.#changed()
  }

  /** There may be room again, though no request of any peer was answered. */
  look(): void {
    const peer = this.#waiter
    this.#waiter = undefined
    if (peer !== undefined) this.settled(peer)
  }

  respond(id: number, number: number, outcome: Parameters<Peer['respond']>[1]): void {
    const peer = this.find(id)
    if (peer !== undefined) peer.respond(number, outcome)
    else {
      this.tally.responsesDropped += 1
      this.#changed()
    }
  }

  /** The peer, or what stands for one that is gone. */
  controls(id: number): Peer | JsDriver['gone'] {
    return this.find(id) ?? this.gone
  }
}

/**
 * Settings by which there is no room either while as many requests, or bytes of them, as may be in
 * flight wait for the leader: those of connections that have ended are in flight no more, and wait
 * all the same. `waiting` says how many. What the leader may have taken without saying so (line.ts)
 * is granted beside, so that a limit of 1 is never waited for in vain.
 */
export function limitByWaiting(
  settings: ServerSettings,
  waiting: () => Readonly<Load>,
): ServerSettings {
  const { inFlightServerMax, inFlightBytesMax } = settings
  return {
    ...settings,
    get inFlightServerMax() {
      return waiting().count < inFlightServerMax + HEARD_MESSAGES ? inFlightServerMax : 0
    },
    get inFlightBytesMax() {
      return waiting().bytes < inFlightBytesMax + HEARD_BYTES ? inFlightBytesMax : 0
    },
  }
}
