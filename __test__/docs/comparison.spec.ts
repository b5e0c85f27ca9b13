/** The sample report, `docs/comparison.html`: whoever changes the report's words draws it anew. */

import { readFile } from 'node:fs/promises'
import test from 'ava'
import { verifyReport } from '../../src/load/report/verify-report.ts'

const SAMPLE = new URL('../../docs/comparison.html', import.meta.url)

test('every verdict and every text of the sample follows from the data in it', async t => {
  const { verified, differences } = verifyReport(await readFile(SAMPLE, 'utf8'))
  const anew = 'npx lancelot report docs/comparison.html --out docs/comparison.html draws it anew'
  t.deepEqual(differences, [], anew)
  t.true(verified > 0)
})
