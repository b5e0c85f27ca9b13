/**
 * The runs inside a report: how they are put in so that nothing in them can act, how they are got
 * out, and the seal that shows whether the page around them was changed by hand.
 */

import { createHash } from 'node:crypto'
import type { RunFile } from '../run-file.ts'
import { type Html, trusted } from './html.ts'

const OPENING = '<script type="application/json" id="lancelot-runs">'
const CLOSING = '</script>'
const SEAL = /<meta name="lancelot-seal" content="([^"]*)">/

/** The runs as an element that no browser runs. Without `<` nothing in it can end it. */
export function embedRuns(runs: readonly RunFile[]): Html {
  return trusted(`${OPENING}${JSON.stringify(runs).replaceAll('<', '\\u003c')}${CLOSING}`)
}

/** The JSON in a report, or undefined where there is none. */
export function extractRuns(page: string): string | undefined {
  const start = page.indexOf(OPENING)
  const end = page.indexOf(CLOSING, start + OPENING.length)
  return start < 0 || end < 0 ? undefined : page.slice(start + OPENING.length, end)
}

/** Where `sealPage` puts the seal. */
export function sealPlace(): Html {
  return trusted('<meta name="lancelot-seal" content="">')
}

/** A page with the digest of all of it. */
export function sealPage(page: string): string {
  return page.replace(SEAL, `<meta name="lancelot-seal" content="${digest(page)}">`)
}

/** Whether the page and its data are as they were written. Against mistakes, not forgers. */
export function isSealWhole(page: string): boolean {
  return SEAL.exec(page)?.[1] === digest(page)
}

/** A digest as a Content-Security-Policy names what may run. */
export function policyHash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}

function digest(page: string): string {
  return createHash('sha256').update(page.replace(SEAL, '')).digest('hex')
}
