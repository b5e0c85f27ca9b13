/** A report under the rules of axe-core, which people who cannot see or point rely on. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import { renderReport } from '../../src/load/report/page.ts'
import { makeRun } from '../load/report-run.ts'
import { missing, openBrowser } from './browse.ts'

/** All rules but that of contrast, which takes long here and which `report.spec.ts` computes. */
const RUN = `axe.run(document, {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  resultTypes: ['violations'],
  rules: { 'color-contrast': { enabled: false } },
})`

/** What is folded is alike on every page, and much: one of them is looked at unfolded. */
const UNFOLD = 'for (const each of document.querySelectorAll("details")) each.open = true'

interface Found {
  passes: unknown[]
  violations: { id: string; nodes: { html: string }[] }[]
}

/** Where axe-core is, or undefined where it is not installed. */
function axePath(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('axe-core/axe.min.js')
  } catch {
    return undefined
  }
}

const axe = axePath()
const why = missing ?? (axe === undefined ? 'axe-core is not installed; npm ci does' : undefined)
const title = 'a report breaks no rule of accessibility, with a verdict or without, in any size'

if (why !== undefined) {
  test.skip(`${title} (${why})`, t => t.pass())
} else {
  test(title, async t => {
    const folder = await mkdtemp(join(tmpdir(), 'lancelot-report-'))
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    const rules = await readFile(axe ?? '', 'utf8')
    const pages = [
      { runs: [makeRun()], width: 1440, isUnfolded: false },
      {
        runs: [makeRun({ seed: 3 }), makeRun({ seed: 4 }), makeRun()],
        width: 390,
        isUnfolded: false,
      },
      { runs: [makeRun({ isInstrumentBad: true })], width: 768, isUnfolded: true },
    ]
    for (const { runs, width, isUnfolded } of pages) {
      const file = join(folder, `${width}.html`)
      await writeFile(file, renderReport(runs))
      const { context, close } = await openBrowser({ width, height: 900 })
      try {
        const page = await context.newPage()
        await page.goto(pathToFileURL(file).href)
        if (isUnfolded) await page.evaluate(UNFOLD)
        await page.evaluate(rules)
        const { passes, violations } = (await page.evaluate(RUN)) as Found
        t.true(passes.length > 30)
        t.deepEqual(
          violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
          [],
        )
      } finally {
        await close()
      }
    }
  })
}
