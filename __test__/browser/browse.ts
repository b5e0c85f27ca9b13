/** Opens files in the system's Chromium, where there is one. Knows nothing of reports. */

import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'

/** Where Chromium is: `CHROMIUM`, or where Debian has it. */
export const CHROMIUM: string = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** Why nothing can be tested here, or undefined. */
export const missing: string | undefined = existsSync(CHROMIUM)
  ? undefined
  : `there is no Chromium at ${CHROMIUM}; install one, or name it in CHROMIUM`

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** How a page is looked at. */
export interface Look {
  width: number
  height: number
  colorScheme?: 'light' | 'dark'
  javaScriptEnabled?: boolean
}

/** A browser with nothing in it, and how to end it and forget it. */
export async function openBrowser(look: Look): Promise<{
  context: BrowserContext
  close: () => Promise<void>
}> {
  const { width, height, ...rest } = look
  const folder = await mkdtemp(join(tmpdir(), 'lancelot-browser-'))
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: CHROMIUM,
    headless: true,
    args: FLAGS,
    viewport: { width, height },
    ...rest,
  })
  const close = async (): Promise<void> => {
    await context.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { context, close }
}

/** Opens a page, does something there, and tells all that the page should not have done. */
export async function visit(
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
