/** Checks that imports only run upwards in a list, whatever the language. */

/** One file names another of the same project. */
export interface Arrow {
  from: string
  to: string
  /** Only types are imported, so nothing of it remains at run time. */
  isTypes: boolean
}

/** Complaints about arrows that do not run upwards, except type imports of `contract`. */
export function findWrongArrows(
  arrows: readonly Arrow[],
  order: readonly string[],
  contract?: string,
): string[] {
  return arrows
    .filter(({ to, isTypes }) => !(isTypes && to === contract))
    .filter(({ from, to }) => order.indexOf(to) >= order.indexOf(from))
    .map(({ from, to }) => `${from} imports ${to}, which is not above it`)
}

/** Complaints about files that are in no list, and entries that are no file. */
export function findUnlisted(files: readonly string[], order: readonly string[]): string[] {
  const unlisted = files.filter(file => !order.includes(file))
  const missing = order.filter(entry => !files.includes(entry))
  return [
    ...unlisted.map(file => `${file} is in no list of __test__/layout/order.ts`),
    ...missing.map(entry => `${entry} is listed in __test__/layout/order.ts and does not exist`),
  ]
}

/** Complaints about files that no entry reaches. */
export function findUnreached(
  files: readonly string[],
  arrows: readonly Arrow[],
  entries: readonly string[],
): string[] {
  const reached = new Set(entries)
  for (const file of reached) {
    for (const { from, to } of arrows) if (from === file) reached.add(to)
  }
  return files.filter(file => !reached.has(file)).map(file => `${file} is imported by nobody`)
}
