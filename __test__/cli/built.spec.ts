/** The program as `npm run build` leaves it: what `npx lancelot` runs. */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test from 'ava'

const ROOT = new URL('../../', import.meta.url)

test('the built program can be executed by its path', t => {
  const { version, bin } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'))
  const program = fileURLToPath(new URL(bin.lancelot, ROOT))
  const { stdout, error } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  t.is(error, undefined)
  t.is(stdout.trim(), version)
})
