/** The load side (crate/load), pinned and alive for the whole run: a command in, a result out. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLineProcess } from '../src/load/line-process.ts'
import { LOAD_CORE, pinned } from '../src/load/machine.ts'
import { BenchError } from './bench-error.ts'
import { releaseProgram } from './programs.ts'

/** Answers that did not come as they should. */
export interface Faults {
  /** Answers that differ from what was asked for. */
  wrong: number
  /** Answers still owed when the server ended the connection. */
  lost: number
  /** Answers that had not come when the load stopped waiting. */
  missing: number
}

/** What one slice came to. Durations are of the window alone. */
export interface SliceResult extends Faults {
  /** Requests, or conversations, that ended inside the window. */
  finished: number
  wallUs: number
  serverCpuUs: number
  loadCpuUs: number
  p50Us: number
  p99Us: number
  maxUs: number
}

/** What a counted run came to. */
export interface CountResult extends Faults {
  finished: number
  /** With the first burst of every connection. */
  requests: number
}

/** What holding connections came to, or receiving on them. */
export interface HoldResult extends Faults {
  /** Connections that are still there. */
  held: number
}

/** Three questions round and round, or none that was ever asked before. */
export type Mix = 'repeating' | 'fresh'

/** The shape of a slice. */
export type Shape =
  | { shape: 'steady'; connections: number; depth: number; mix?: Mix }
  | { shape: 'conversations'; users: number }

/** The server to ask. */
export interface Target {
  port: number
  pid: number
}

/** How long a slice warms up and is measured. */
export interface SliceTimes {
  warmMs: number
  sliceMs: number
}

/** The load side, running. */
export interface LoadProcess {
  slice(target: Target, shape: Shape, times: SliceTimes): Promise<SliceResult>
  count(
    target: Target,
    run: { connections: number; depth: number; requests: number },
  ): Promise<CountResult>
  /** Opens connections that ask once, unless they are to be `silent`, and stay. */
  hold(target: Target, connections: number, silent?: 'silent'): Promise<HoldResult>
  /** Resolves when every connection that is held got this text without asking, or ran out of time. */
  receive(text: string): Promise<HoldResult>
  release(): Promise<void>
  stop(): Promise<void>
}

/** Starts the load side on one core. Every call rejects with LOAD_FAILED when it was refused. */
export async function startLoad(core: number): Promise<LoadProcess> {
  const child = await startLineProcess(pinned(core, [releaseProgram('lancelot-load')]))

  async function ask<Result>(command: object): Promise<Result> {
    const result = JSON.parse(await child.ask(JSON.stringify(command)))
    if (result.ok === true) return result
    throw new BenchError('LOAD_FAILED', `the load side: ${result.code}: ${result.message}`)
  }

  return {
    slice: (target, shape, times) => ask({ ...shape, ...target, ...times }),
    count: ({ port }, run) => ask({ shape: 'count', port, ...run }),
    hold: ({ port }, connections, silent) =>
      ask({ shape: 'hold', port, connections, asks: silent === undefined }),
    receive: text => ask({ shape: 'receive', text }),
    release: () => ask({ shape: 'release' }),
    stop: () => child.stop(),
  }
}

/** Lends a load side, and a folder for the files of an instrument, and takes both back after. */
export async function withLoad(
  work: (load: LoadProcess, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lancelot-bench-'))
  const load = await startLoad(LOAD_CORE)
  try {
    await work(load, folder)
  } finally {
    await load.stop()
    await rm(folder, { recursive: true })
  }
}

/** The faults of several results together. */
export function sumFaults(results: readonly Faults[]): Faults {
  const sum: Faults = { wrong: 0, lost: 0, missing: 0 }
  for (const { wrong, lost, missing } of results) {
    sum.wrong += wrong
    sum.lost += lost
    sum.missing += missing
  }
  return sum
}

/** Whether any answer did not come as it should. */
export function isFaulty({ wrong, lost, missing }: Faults): boolean {
  return wrong + lost + missing > 0
}
