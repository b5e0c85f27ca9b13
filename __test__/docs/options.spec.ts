/** `docs/options.md` is made from the tables of options, and this says when it is stale. */

import { readFile, writeFile } from 'node:fs/promises'
import test from 'ava'
import type { OptionRow } from '../../src/option-table.ts'
import {
  BROADCAST_OPTION_TABLE,
  CLOSE_OPTION_TABLE,
  EVENTS_OPTION_TABLE,
  OPTION_TABLE,
  START_OPTION_TABLE,
} from '../../src/options.ts'

const PATH = new URL('../../docs/options.md', import.meta.url)

/** Ports and other short numbers are not grouped. */
function numeral(number = 0): string {
  return number < 100_000 ? String(number) : number.toLocaleString('en-US')
}

const UNITS: Partial<Record<OptionRow['type'], string>> = {
  integer: '',
  text: ' characters',
  routes: ' routes',
}

function range({ type, min, max, values }: OptionRow): string {
  if (values !== undefined) return values.map(value => `\`'${value}'\``).join(', ')
  if (min === undefined) return ''
  return `${numeral(min)} to ${numeral(max)}${UNITS[type] ?? ' bytes'}`
}

function preset(row: OptionRow): string {
  if (row.default === undefined || row.type === 'table' || row.type === 'routes') return 'none'
  if (row.type === 'list') return 'all'
  if (typeof row.default === 'number') return numeral(row.default)
  return `\`${JSON.stringify(row.default).replaceAll('"', "'")}\``
}

const HEADINGS = ['option', 'type', 'range', 'default', 'what it does']

/** As the formatter has it: columns of one width. */
function rows(table: Readonly<Record<string, OptionRow>>): string {
  const cells = Object.entries(table).map(([name, row]) => {
    return [`\`${name}\``, row.type, range(row), preset(row), row.meaning]
  })
  const widths = HEADINGS.map((heading, column) => {
    return Math.max(heading.length, ...cells.map(row => row[column]?.length ?? 0))
  })
  const line = (row: readonly string[]): string => {
    return `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`
  }
  const rule = widths.map(width => '-'.repeat(width))
  return [HEADINGS, rule, ...cells].map(line).join('')
}

const PAGE = `# Options

Made from the tables in \`src/options.ts\`: change those, then \`UPDATE=1 npx ava __test__/docs\`.
An option that is unknown, of a wrong type or out of its range is refused, by its name, before
anything is opened. Names that end in \`MsMax\` are milliseconds, in \`BytesMax\` bytes. [The
protocol](protocol.md) says what happens when a limit is passed.

## Of \`startServer\`

${rows(START_OPTION_TABLE)}
and those of every server. [The gallery](../README.md#the-gallery) tells of each design.
\`startPollServer\` and \`startJsServer\` take the rest, and are \`poll\` and \`callback\`.

## Of every server

${rows(OPTION_TABLE)}
\`routes\` is an object, a Map or pairs, from the beginning of a request to a handler. A beginning
has 1 to \`requestBytesMax\` bytes and does not hold the delimiter; the longest that fits a request
is asked. Text in options is UTF-8, whatever \`encoding\` says.

\`loops\` may be over 1 for \`poll\` and \`loop-and-pool\`. \`workers\` is for \`thread-pool\`,
\`processes\`, \`worker-threads\`, \`multi-loop\` and \`loop-and-pool\`; the others refuse it.
\`reusePort\` in JavaScript needs Node 22.12 or 23.1.

## Of \`close\`

${rows(CLOSE_OPTION_TABLE)}
## Of \`events\`

[The page on events](events.md) tells what they are.

${rows(EVENTS_OPTION_TABLE)}
## Of \`broadcast\`

${rows(BROADCAST_OPTION_TABLE)}`

test('docs/options.md is what the table of options says', async t => {
  if (process.env.UPDATE !== undefined) await writeFile(PATH, PAGE)
  t.is(await readFile(PATH, 'utf8'), PAGE, 'stale: UPDATE=1 npx ava __test__/docs')
})
