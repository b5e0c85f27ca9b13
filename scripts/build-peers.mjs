/**
 * Builds the peers of `bench/peers/contestants.json` that have to be built and whose tools are here.
 *
 * One that cannot be built is named and left out: nobody needs it but a comparison.
 */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const list = new URL('../bench/peers/contestants.json', import.meta.url)

for (const { name, build } of JSON.parse(readFileSync(list, 'utf8'))) {
  if (build === undefined) continue
  const [program, ...words] = build
  const { status, stderr, error } = spawnSync(program, words, { encoding: 'utf8' })
  if (status === 0) continue
  const why = error?.code === 'ENOENT' ? `${program} was not found` : (error?.message ?? stderr)
  console.error(`The peer ${name} was not built: ${why}`)
}
