/**
 * Finds the name that somebody probably meant. For messages only; knows nothing of options.
 */

/** The name nearest to `typed`, or undefined where none is near: over half of it would be wrong. */
export function nearestName(typed: string, names: readonly string[]): string | undefined {
  const distanceMax = Math.max(2, Math.floor(typed.length / 2))
  let nearest: string | undefined
  let nearestDistance = distanceMax + 1
  for (const name of names) {
    const distance = editDistance(typed.toLowerCase(), name.toLowerCase())
    if (distance < nearestDistance) {
      nearest = name
      nearestDistance = distance
    }
  }
  return nearest
}

/** How many characters must be put in, taken out or changed to make `from` into `to`. */
function editDistance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const here = [row]
    for (let column = 1; column <= to.length; column++) {
      const changed = from[row - 1] === to[column - 1] ? 0 : 1
      const cost = Math.min(
        (above[column] ?? 0) + 1,
        (here[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + changed,
      )
      here.push(cost)
    }
    above = here
  }
  return above[to.length] ?? 0
}
