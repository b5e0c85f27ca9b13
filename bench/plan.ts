/**
 * In which order the slices run: every round holds every server under every load once, shuffled,
 * so that nothing the machine does in the meantime falls on one server alone. Pure.
 */

import type { Random } from '../src/load/statistics.ts'

/** One slice to run. */
export interface PlannedSlice<Server, Load> {
  round: number
  server: Server
  load: Load
}

/** All slices of all rounds, in the order in which to run them. */
export function planSlices<Server, Load>(
  servers: readonly Server[],
  loads: readonly Load[],
  rounds: number,
  random: Random,
): PlannedSlice<Server, Load>[] {
  return Array.from({ length: rounds }, (_, round) =>
    shuffled(
      servers.flatMap(server => loads.map(load => ({ round, server, load }))),
      random,
    ),
  ).flat()
}

/** A shuffled copy; every order is equally likely (Fisher and Yates). */
function shuffled<T>(values: readonly T[], random: Random): T[] {
  const rest = [...values]
  const order: T[] = []
  while (rest.length > 0) {
    order.push(...rest.splice(Math.floor(random() * rest.length), 1))
  }
  return order
}
