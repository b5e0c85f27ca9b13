/**
 * What is held against each contestant: the records of the gate, to which later faults are added.
 */

import type { Contestant } from './contestants.ts'
import type { GateRecord } from './run-file.ts'

/** Begins with nothing held against anybody. */
export class GateBook {
  readonly #contestants: readonly Contestant[]
  readonly #records = new Map<string, GateRecord>()

  constructor(contestants: readonly Contestant[]) {
    this.#contestants = contestants
    for (const { name } of contestants) this.#records.set(name, { name, checks: [] })
  }

  /** What the gate found. */
  add(record: GateRecord): void {
    this.#records.set(record.name, record)
  }

  /** A fault that was found later: a contestant with one is not compared any further. */
  fail(name: string, check: string, detail: string): void {
    const checks = this.#records.get(name)?.checks ?? []
    const failed = { name: check, result: 'failed' as const, detail }
    this.#records.set(name, { name, checks: [...checks, failed] })
  }

  /** In the order of the contestants. */
  records(): GateRecord[] {
    return [...this.#records.values()]
  }

  /** Those against whom nothing is held. */
  passing(): Contestant[] {
    return this.#contestants.filter(({ name }) =>
      this.#records.get(name)?.checks.every(({ result }) => result !== 'failed'),
    )
  }
}
