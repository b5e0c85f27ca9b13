/** The smoke set under this Node; `scripts/runtimes.mjs` runs it under the others. */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import test from 'ava'

/** It takes seconds; what hangs is ended. */
const SMOKE_MS_MAX = 300_000

interface Check {
  readonly title: string
  readonly run: () => Promise<void>
}

type RunChecks = (
  checks: readonly Check[],
  options: { checkMsMax: number; print: (line: string) => void },
) => Promise<number>

// Plain JavaScript, for it has to run everywhere: the compiler is not asked to follow the name.
const runner: string = './run.mjs'
const { runChecks } = (await import(runner)) as { runChecks: RunChecks }

test('the smoke set passes, and its process ends by itself', t => {
  t.timeout(SMOKE_MS_MAX)
  const smoke = fileURLToPath(new URL('smoke.mjs', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [smoke], {
    encoding: 'utf8',
    timeout: SMOKE_MS_MAX,
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  t.deepEqual({ status, stderr }, { status: 0, stderr: '' }, stdout)
  const [, planned] = /^1\.\.(\d+)$/m.exec(stdout) ?? []
  t.is(stdout.match(/^ok /gm)?.length, Number(planned), stdout)
})

test('a check that throws, rejects or never ends fails, and the next one is run', async t => {
  const lines: string[] = []
  const checks: Check[] = [
    {
      title: 'throws',
      run: () => {
        throw new Error('planted')
      },
    },
    { title: 'rejects', run: () => Promise.reject(undefined) },
    { title: 'never ends', run: () => new Promise(() => {}) },
    { title: 'passes', run: async () => {} },
  ]
  const failed = await runChecks(checks, { checkMsMax: 20, print: line => lines.push(line) })
  t.is(failed, 3)
  t.deepEqual(
    lines.filter(line => !line.startsWith(' ')).map(line => line.replace(/ # \d+ ms$/, '')),
    ['not ok 1 - throws', 'not ok 2 - rejects', 'not ok 3 - never ends', 'ok 4 - passes', '1..4'],
  )
  t.regex(lines[1] ?? '', /planted/)
})
