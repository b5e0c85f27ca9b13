/**
 * An EventEmitter that tells when it may have gained or lost a listener.
 *
 * The events `newListener` and `removeListener` would not do: the one comes too early, and
 * `removeAllListeners` removes whoever listens to them.
 */

import { EventEmitter } from 'node:events'

type Listener = (...args: unknown[]) => void

/** Calls `listenersChanged` after every change. */
export abstract class InterestEmitter<
  Events extends Record<keyof Events, unknown[]>,
> extends EventEmitter {
  protected abstract listenersChanged(): void

  override on<Name extends keyof Events & string>(
    event: Name,
    listener: (...args: Events[Name]) => void,
  ): this {
    super.on(event, listener as Listener)
    this.listenersChanged()
    return this
  }

  override addListener<Name extends keyof Events & string>(
    event: Name,
    listener: (...args: Events[Name]) => void,
  ): this {
    return this.on(event, listener)
  }

  /** The emitter's own `once` calls `on`. */
  override once<Name extends keyof Events & string>(
    event: Name,
    listener: (...args: Events[Name]) => void,
  ): this {
    return super.once(event, listener as Listener)
  }

  override prependListener<Name extends keyof Events & string>(
    event: Name,
    listener: (...args: Events[Name]) => void,
  ): this {
    super.prependListener(event, listener as Listener)
    this.listenersChanged()
    return this
  }

  /** A listener for once is removed by `removeListener`, and `off` calls it. */
  override removeListener<Name extends keyof Events & string>(
    event: Name,
    listener: (...args: Events[Name]) => void,
  ): this {
    super.removeListener(event, listener as Listener)
    this.listenersChanged()
    return this
  }

  override off<Name extends keyof Events & string>(
    event: Name,
    listener: (...args: Events[Name]) => void,
  ): this {
    return this.removeListener(event, listener)
  }

  override removeAllListeners(event?: keyof Events & string): this {
    if (event === undefined) super.removeAllListeners()
    else super.removeAllListeners(event)
    this.listenersChanged()
    return this
  }
}
