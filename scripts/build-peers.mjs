/**
 * Builds the peers of `bench/peers/contestants.json` that have to be built and whose tools are here,
 * as a comparison does. Needs the built package.
 *
 * One that cannot be built is named and left out: nobody needs it but a comparison.
 */

import { readFileSync } from 'node:fs'
import { buildContestant } from '../dist/src/load/build-contestant.js'

const list = new URL('../bench/peers/contestants.json', import.meta.url)

for (const contestant of JSON.parse(readFileSync(list, 'utf8'))) {
  const fault = await buildContestant(contestant)
  if (fault !== undefined) console.error(`The peer ${contestant.name} was not built: ${fault}`)
}
