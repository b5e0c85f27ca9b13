/** A report in a browser: from a file, without a network, in every size and look, by keyboard. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import anyTest, { type ExecutionContext, type TestFn } from 'ava'
import type { Page } from 'playwright-core'
import { renderReport } from '../../src/load/report/page.ts'
import { makeRun } from '../load/report-run.ts'
import { type Look, missing, openBrowser } from './browse.ts'
import { FAINT_TEXTS, FOCUSED, PAGE_OVERHANG, PICTURES_SHOWN, UNREACHABLE } from './in-page.ts'

const test = anyTest as TestFn<{ folder: string; one: string; three: string }>
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
  const files = { one: join(folder, 'one.html'), three: join(folder, 'three.html') }
  await writeFile(files.one, renderReport([run]))
  await writeFile(files.three, renderReport([...others, run]))
  t.context = {
    folder,
    one: pathToFileURL(files.one).href,
    three: pathToFileURL(files.three).href,
  }
})

test.after.always(t => rm(t.context.folder, { recursive: true, force: true }))

/** Opens a page, does something there, and tells all that the page should not have done. */
async function visit(
  url: string,
  look: Look,
  act: (page: Page) => Promise<void>,
): Promise<string[]> {
  const { context, close } = await openBrowser(look)
  try {
    const page = await context.newPage()
    const wrongs: string[] = []
    page.on('console', message => wrongs.push(`console: ${message.text()}`))
    page.on('pageerror', error => wrongs.push(`error: ${error.message}`))
    context.on('request', request => {
      const isOwn = request.url() === url || request.url() === 'data:,'
      if (!isOwn) wrongs.push(`request: ${request.url()}`)
    })
    await page.goto(url)
    await act(page)
    return wrongs
  } finally {
    await close()
  }
}

type Act = (t: ExecutionContext<{ one: string; three: string }>) => Promise<void>

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

browserTest('on paper everything is unfolded and light', async t => {
  await visit(t.context.one, { ...DESK, colorScheme: 'dark' }, async page => {
    await page.emulateMedia({ media: 'print' })
    t.is(
      await page.evaluate('getComputedStyle(document.body).backgroundColor'),
      'rgb(253, 253, 251)',
    )
    await page.evaluate('dispatchEvent(new Event("beforeprint"))')
    t.is(await page.locator('details:not([open])').count(), 0)
    await page.evaluate('dispatchEvent(new Event("afterprint"))')
    t.true((await page.locator('details:not([open])').count()) > 10)
  })
})
