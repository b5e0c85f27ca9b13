/** A report in a browser: from a file, without a network, in every size and look, by keyboard. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import anyTest, { type ExecutionContext, type TestFn } from 'ava'
import { renderReport } from '../../src/load/report/page.ts'
import type { RunFile } from '../../src/load/run-file.ts'
import { FAULTY, MANY } from '../load/report-designs.ts'
import { makeRun } from '../load/report-run.ts'
import { type Look, missing, visit } from './browse.ts'
import {
  CROWDED_TEXTS,
  FAINT_TEXTS,
  FOCUSED,
  PAGE_OVERHANG,
  PAIR_DRAWN,
  PICTURES_SHOWN,
  UNREACHABLE,
} from './in-page.ts'

const test = anyTest as TestFn<{ folder: string } & Pages>

/** Reports of one run, of three, and of one with as many designs as there may be. */
interface Pages {
  one: string
  three: string
  many: string
}

const SIZES = [
  { width: 1440, height: 900 },
  { width: 768, height: 1024 },
  { width: 390, height: 844 },
]
const DESK: Look = { width: 1440, height: 900 }

test.before(async t => {
  const folder = await mkdtemp(join(tmpdir(), 'lancelot-report-'))
  const run = makeRun()
  const others = [makeRun({ seed: 3, slowdown: 1.2 }), makeRun({ seed: 4, slowdown: 1.1 })]
  const place = async (name: string, runs: readonly RunFile[]): Promise<string> => {
    const file = join(folder, `${name}.html`)
    await writeFile(file, renderReport(runs))
    return pathToFileURL(file).href
  }
  t.context = {
    folder,
    one: await place('one', [run]),
    three: await place('three', [...others, run]),
    many: await place('many', [makeRun({ designs: [...MANY, ...FAULTY] })]),
  }
})

test.after.always(t => rm(t.context.folder, { recursive: true, force: true }))

type Act = (t: ExecutionContext<Pages>) => Promise<void>

/** A test that needs a browser: skipped where there is none, and says why. */
function browserTest(title: string, act: Act): void {
  if (missing === undefined) test.serial(title, act)
  else test.skip(`${title} (${missing})`, act)
}

for (const colorScheme of ['light', 'dark'] as const) {
  browserTest(
    `no size makes the page scroll sideways, and all text is readable, ${colorScheme}`,
    async t => {
      for (const size of SIZES) {
        const wrongs = await visit(t.context.three, { ...size, colorScheme }, async page => {
          t.true(((await page.evaluate(PAGE_OVERHANG)) as number) <= 0, `${size.width}`)
          await page.evaluate(
            'for (const each of document.querySelectorAll("details")) each.open = true',
          )
          t.true(((await page.evaluate(PAGE_OVERHANG)) as number) <= 0, `${size.width}, unfolded`)
          t.deepEqual(await page.evaluate(FAINT_TEXTS), [], `${size.width}`)
          t.deepEqual(await page.evaluate(CROWDED_TEXTS), [], `${size.width}`)
          t.true(((await page.evaluate(PICTURES_SHOWN)) as number) >= 20)
        })
        t.deepEqual(wrongs, [])
      }
    },
  )
}

browserTest('where scripts are off every picture, table and verdict is there', async t => {
  const look = { ...DESK, javaScriptEnabled: false }
  const wrongs = await visit(t.context.one, look, async page => {
    t.is(await page.locator('.ranking tbody tr').count(), 6)
    t.true(await page.locator('.ranking').isVisible())
    const plots = page.locator('svg.plot.wide')
    t.true((await plots.count()) >= 14)
    for (const plot of await plots.all()) {
      const box = await plot.boundingBox()
      t.true((box?.width ?? 0) > 400 && (box?.height ?? 0) > 200)
    }
    t.false(await page.locator('#look').isVisible())
    t.false(await page.locator('.chooser').isVisible())
    await page.locator('#users-rate summary').click()
    t.true(await page.locator('#users-rate table').isVisible())
  })
  t.deepEqual(wrongs, [])
})

browserTest('the keyboard reaches everything, and what has the focus is seen', async t => {
  const wrongs = await visit(t.context.one, DESK, async page => {
    t.deepEqual(await page.evaluate(UNREACHABLE), [])
    const seen = new Set<string>()
    const first: string[] = []
    for (let step = 0; step < 120; step++) {
      await page.keyboard.press('Tab')
      const { name, isOutlined } = (await page.evaluate(FOCUSED)) as {
        name: string
        isOutlined: boolean
      }
      if (name === 'body.') break
      t.true(isOutlined, name)
      seen.add(name)
      first.push(name)
    }
    t.is(first[0], 'a.skip')
    for (const name of ['button.', 'a.', 'summary.', 'div.scroll', 'select.', 'svg.plot wide']) {
      t.true(seen.has(name), `${name} of ${[...seen].join(', ')}`)
    }
  })
  t.deepEqual(wrongs, [])
})

browserTest('the skip link leads to the verdicts', async t => {
  await visit(t.context.one, DESK, async page => {
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    t.is(await page.evaluate('document.activeElement.id'), 'main')
  })
})

browserTest('arrow keys and the pointer read the values of a plot', async t => {
  const wrongs = await visit(t.context.one, DESK, async page => {
    const plot = page.locator('#users-rate svg.plot.wide')
    await plot.focus()
    for (let step = 0; step < 3; step++) await page.keyboard.press('ArrowRight')
    t.regex((await page.locator('[role=status]').textContent()) ?? '', /^3 users: .*poll [\d,]+\/s/)
    await page.keyboard.press('Escape')
    t.false(await page.locator('#tip').isVisible())
    await plot.hover()
    t.true(await page.locator('#tip').isVisible())
    t.is(await page.locator('#tip > div').count(), 6)
  })
  t.deepEqual(wrongs, [])
})

browserTest('a design that is switched off leaves every plot, and comes back', async t => {
  const wrongs = await visit(t.context.one, DESK, async page => {
    const lines = page.locator('.plot.wide .line[data-n="callback"]:visible')
    const before = await lines.count()
    t.true(before > 10)
    const button = page.getByRole('button', { name: 'callback' })
    await button.click()
    t.is(await button.getAttribute('aria-pressed'), 'false')
    t.is(await lines.count(), 0)
    await button.click()
    t.is(await lines.count(), before)
  })
  t.deepEqual(wrongs, [])
})

browserTest('the difference is drawn of the two designs that are chosen', async t => {
  const wrongs = await visit(t.context.one, DESK, async page => {
    const labels = page.locator('#pair .wide .end text')
    const area = page.locator('#pair .wide .area.now')
    const before = await area.getAttribute('d')
    const clip = page.locator('#pair-wide-n path')
    t.true((await clip.getAttribute('d'))?.startsWith('M'))
    await page.getByRole('combobox', { name: 'Compare' }).selectOption({ label: 'asyncio' })
    await page.getByRole('combobox', { name: 'with' }).selectOption({ label: 'callback' })
    t.deepEqual((await labels.allTextContents()).sort(), ['asyncio', 'callback'])
    t.not(await area.getAttribute('d'), before)
    const chosen = await page.locator('#pair .wide .choice[data-n="asyncio"]').getAttribute('d')
    t.true((await area.getAttribute('d'))?.startsWith(chosen ?? '-'))
  })
  t.deepEqual(wrongs, [])
})

browserTest('with scripts the difference is drawn as it was without', async t => {
  await visit(t.context.one, DESK, async page => {
    const before = await page.evaluate(PAIR_DRAWN)
    t.true((before as string).length > 500)
    await page.locator('select[data-side="now"]').dispatchEvent('change')
    t.is(await page.evaluate(PAIR_DRAWN), before)
  })
})

browserTest('all designs are switched off and on at once', async t => {
  await visit(t.context.one, DESK, async page => {
    const lines = page.locator('#users-rate .wide .line:visible')
    await page.getByRole('button', { name: 'Hide all' }).click()
    t.is(await lines.count(), 0)
    await page.getByRole('button', { name: 'callback' }).click()
    t.is(await lines.count(), 1)
    await page.getByRole('button', { name: 'Show all' }).click()
    t.is(await lines.count(), 6)
    t.is(await page.locator('#shown [aria-pressed="false"]').count(), 0)
  })
})

browserTest(
  'eighteen designs fit: nothing scrolls sideways, no texts of pictures cross',
  async t => {
    for (const size of SIZES) {
      await visit(t.context.many, size, async page => {
        t.true(((await page.evaluate(PAGE_OVERHANG)) as number) <= 0, `${size.width}`)
        t.deepEqual(await page.evaluate(CROWDED_TEXTS), [], `${size.width}`)
      })
    }
  },
)

browserTest('the button changes the look, and the page remembers', async t => {
  const ground = 'getComputedStyle(document.body).backgroundColor'
  const wrongs = await visit(t.context.one, { ...DESK, colorScheme: 'light' }, async page => {
    const light = await page.evaluate(ground)
    await page.getByRole('button', { name: 'Dark look' }).click()
    const dark = await page.evaluate(ground)
    t.not(dark, light)
    await page.reload()
    t.is(await page.evaluate(ground), dark)
    await page.getByRole('button', { name: 'Light look' }).click()
    t.is(await page.evaluate(ground), light)
  })
  t.deepEqual(wrongs, [])
})

/** The width of a page of A4 between its margins, as browsers print it. */
const PAPER: Look = { width: 720, height: 1040, colorScheme: 'dark' }

browserTest('on paper all but the values of pictures is unfolded, light, and fits', async t => {
  const folded = 'details:not([open])'
  for (const url of [t.context.one, t.context.many]) {
    await visit(url, PAPER, async page => {
      await page.emulateMedia({ media: 'print' })
      t.is(
        await page.evaluate('getComputedStyle(document.body).backgroundColor'),
        'rgb(253, 253, 251)',
      )
      await page.evaluate('dispatchEvent(new Event("beforeprint"))')
      t.is(await page.locator(folded).count(), await page.locator(`figure ${folded}`).count())
      t.true(((await page.evaluate(PAGE_OVERHANG)) as number) <= 0)
      await page.evaluate('dispatchEvent(new Event("afterprint"))')
      t.true((await page.locator(`:not(figure) > ${folded}`).count()) >= 4)
    })
  }
})
