/** The examples of `docs/events.md` run as they stand, on both engines, and print what they say. */

import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import test from 'ava'

const PAGE = await readFile(new URL('../../docs/events.md', import.meta.url), 'utf8')
const PACKAGE = new URL('../../index.ts', import.meta.url).href
const EXAMPLES = [...PAGE.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code)

test('there is an example of each way to read events', t => {
  t.is(EXAMPLES.length, 3)
})

for (const [number, example] of EXAMPLES.entries()) {
  for (const engine of ['startPollServer', 'startJsServer']) {
    test(`example ${number + 1} prints what it says, with ${engine}`, async t => {
      const code = example
        .replace("'lancelot'", `'${PACKAGE}'`)
        .replaceAll('startPollServer', engine)
      const wanted = [...example.matchAll(/^\/\/ prints: (.*)$/gm)].map(([, line]) => `${line}\n`)
      t.true(wanted.length > 0)
      const words = ['--import', '@oxc-node/core/register', '--input-type=module', '-e', code]
      const { stdout, stderr } = await promisify(execFile)(process.execPath, words)
      t.is(stdout, wanted.join(''), stderr)
    })
  }
}
