/**
 * What a page tells its readers: its texts and the values and names of its pictures, in order.
 *
 * Looks, places of lines, scripts and data are not among them, so that two pages tell the same
 * wherever they were drawn.
 */

const UNSEEN = /<(script|style)[\s>][\s\S]*?<\/\1>/g
const TOLD = /\s(?:title|aria-label|data-n|data-t|data-v)="([^"]*)"|>([^<]+)/g

/** The texts of a page, without the space around them. */
export function shownTexts(page: string): string[] {
  const found = page.replaceAll(UNSEEN, '').matchAll(TOLD)
  return [...found].map(([, told, text]) => (told ?? text ?? '').trim()).filter(each => each !== '')
}
