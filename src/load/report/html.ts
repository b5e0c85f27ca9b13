/**
 * Text that is HTML, and text that is not: what is put into a template is escaped, unless it is
 * HTML already. Knows nothing of reports.
 */

/** Text that may stand in a page as it is. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What a template takes: lists are joined, nothing is nothing. */
export type Part = Html | string | number | false | null | undefined | readonly Part[]

/** A template whose parts are escaped. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const inner = strings.map(
    (text, index) => text + (index < parts.length ? show(parts[index]) : ''),
  )
  return new Html(inner.join(''))
}

/** HTML that this program wrote itself, to be put into a template unescaped. */
export function trusted(text: string): Html {
  return new Html(text)
}

/** Text as it may stand between tags and in attributes with either quote. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}

function show(part: Part): string {
  if (part instanceof Html) return part.text
  if (typeof part === 'string') return escapeText(part)
  if (typeof part === 'number') return String(part)
  if (part === false || part === null || part === undefined) return ''
  return part.map(show).join('')
}
