/**
 * A server of an architecture that serves nobody: the test is its engine, and says what happens.
 */

import type { ExecutionContext } from 'ava'
import type { Architecture, Driver, Interest, Observer } from '../src/architectures/architecture.ts'
import { parseServerOptions, type ServerSettings } from '../src/options.ts'
import { AnswerMap } from '../src/protocol/answers.ts'
import { newStats } from '../src/protocol/shared.ts'
import { LancelotServer } from '../src/server.ts'
import type {
  Connection,
  ConnectionSummary,
  Encoding,
  ServerOptions,
  StopSummary,
} from '../src/types.ts'

/** A connection that takes everything and does nothing. */
export function fakeConnection(id: number): Connection {
  return {
    id,
    remoteAddress: '127.0.0.1',
    remotePort: 1060,
    openedAtMs: 0,
    data: undefined,
    send: async () => true,
    close() {},
    pause() {},
    resume() {},
    join: async () => true,
    leave: async () => true,
    stats: async () => undefined,
  }
}

/** How a connection that did nothing went. */
export const SUMMARY: ConnectionSummary = {
  code: 'finished',
  requests: 0,
  bytesRead: 0,
  bytesWritten: 0,
  durationMs: 1,
}

/** The engine of a fake server. What was asked of it is written down. */
export class FakeDriver implements Driver {
  readonly address = { host: '127.0.0.1', port: 1, family: 'IPv4' } as const
  readonly answers: AnswerMap
  readonly observer: Observer
  readonly interests: Interest[] = []
  readonly calls: unknown[][] = []
  readonly peers: Connection[] = []
  #stopped: (summary: StopSummary) => void = () => {}
  readonly #stop: Promise<StopSummary>

  constructor(settings: ServerSettings, observer: Observer) {
    this.answers = new AnswerMap(settings, settings.answers)
    this.observer = observer
    this.#stop = new Promise(resolve => {
      this.#stopped = resolve
    })
  }

  observe(interest: Interest): void {
    this.interests.push(interest)
  }

  stats(): ReturnType<typeof newStats> {
    return newStats()
  }

  async *connections(): AsyncGenerator<Connection, undefined> {
    yield* this.peers
  }

  async broadcast(bytes: Buffer, group: string | undefined): Promise<number> {
    this.calls.push(['broadcast', bytes, group])
    return this.peers.length
  }

  ref(): void {
    this.calls.push(['ref'])
  }

  unref(): void {
    this.calls.push(['unref'])
  }

  stop(drainMsMax: number): Promise<StopSummary> {
    this.calls.push(['stop', drainMsMax])
    return this.#stop
  }

  /** Its last connection has ended. */
  finishStop(): void {
    this.#stopped({ drained: 0, cut: 0 })
  }
}

/** A fake server and its engine; `early` is what happens before the server is there. */
export async function startFake<E extends Encoding = 'utf8'>(
  t: ExecutionContext,
  options: ServerOptions<E> = {},
  early: (observer: Observer) => void = () => {},
): Promise<[LancelotServer<E>, FakeDriver]> {
  const settings = parseServerOptions(options)
  let driver: FakeDriver | undefined
  const architecture: Architecture = {
    name: 'callback',
    summary: 'a test',
    async start(_, observer) {
      driver = new FakeDriver(settings, observer)
      early(observer)
      return driver
    },
  }
  const server = await LancelotServer.start(architecture, options)
  if (driver === undefined) throw new Error('it did not start')
  const { finishStop } = driver
  t.teardown(() => {
    finishStop.call(driver)
    return server.close()
  })
  return [server, driver]
}
