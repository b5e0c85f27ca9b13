/** Runs of an exact number of requests, for instruments that count instead of timing. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Generator, startGenerator } from '../src/load/generator.ts'
import { LOAD_CORE } from '../src/load/machine.ts'
import { BenchError } from './bench-error.ts'
import { type Faults, faultsOf } from './faults.ts'

/** Long enough for a server that is traced. */
const RUN_MS_MAX = 600_000

/** What is asked. */
export interface CountedLoad {
  connections: number
  depth: number
  /** Beside the first burst of every connection. A multiple of `depth`. */
  requests: number
}

/** What a counted run came to. */
export interface Counted {
  /** All that the server answered, with the first burst of every connection. */
  requests: number
  faults: Faults
}

/** Asks so often and no more. Rejects with MACHINE_UNFIT when `msMax` does not suffice. */
export async function runCounted(
  generator: Generator,
  { port }: { port: number },
  { connections, depth, requests }: CountedLoad,
  msMax: number = RUN_MS_MAX,
): Promise<Counted> {
  const result = await generator.run({
    shape: 'run',
    port,
    model: { kind: 'closed', users: connections, depth, requestsMax: requests },
    warmMs: 0,
    measureMs: msMax,
  })
  if (result.due === requests) {
    return { requests: requests + connections * depth, faults: faultsOf(result) }
  }
  const found = `${result.due} of ${requests} requests were asked within ${msMax} ms`
  throw new BenchError('MACHINE_UNFIT', `${found}; end what else runs on the machine`)
}

/** Lends a generator, and a folder for the files of an instrument, and takes both back after. */
export async function withGenerator(
  work: (generator: Generator, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lancelot-bench-'))
  const generator = await startGenerator(LOAD_CORE)
  try {
    await work(generator, folder)
  } finally {
    await generator.stop()
    await rm(folder, { recursive: true })
  }
}
