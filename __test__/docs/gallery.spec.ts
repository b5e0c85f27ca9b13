/** The README's table of designs is made from their summaries, and each has a page. */

import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import test from 'ava'
import { ARCHITECTURES } from '../../src/architectures/gallery.ts'
import { ARCHITECTURE_NAMES } from '../../src/options.ts'

const README = new URL('../../README.md', import.meta.url)
const PAGES = new URL('../../docs/architectures/', import.meta.url)
const BEGIN =
  '<!-- made from the summaries in src/architectures: UPDATE=1 npx ava __test__/docs -->'
const END = '<!-- end -->'

/** As the formatter has it: columns of one width. */
function table(): string {
  const rows = ARCHITECTURE_NAMES.map(name => {
    return [`[\`${name}\`](docs/architectures/${name}.md)`, ARCHITECTURES[name].summary]
  })
  const all = [['architecture', 'in one line'], ...rows]
  const widths = [0, 1].map(column => Math.max(...all.map(row => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string => {
    return `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  }
  const rule = widths.map(width => '-'.repeat(width))
  return [line(all[0] ?? []), line(rule), ...rows.map(line)].join('\n')
}

test('the README has the table of designs that their summaries make', async t => {
  const readme = await readFile(README, 'utf8')
  const [before, rest] = readme.split(BEGIN)
  const [, after] = (rest ?? '').split(END)
  t.truthy(after, `the README has no place between ${BEGIN} and ${END}`)
  const wanted = `${before}${BEGIN}\n\n${table()}\n\n${END}${after}`
  if (process.env.UPDATE !== undefined) await writeFile(README, wanted)
  t.is(await readFile(README, 'utf8'), wanted, 'stale: UPDATE=1 npx ava __test__/docs')
})

test('a design is filed under its own name, with a summary that fits its line', t => {
  for (const name of ARCHITECTURE_NAMES) {
    t.is(ARCHITECTURES[name].name, name)
    t.regex(ARCHITECTURES[name].summary, /^.{20,75}[^.]$/, name)
  }
})

for (const name of ARCHITECTURE_NAMES) {
  test(`${name} has a page, and the code that it names is there`, async t => {
    const page = await readFile(new URL(`${name}.md`, PAGES), 'utf8')
    t.regex(page, new RegExp(`^# ${name}\n`))
    for (const heading of ['The life of one client', 'What it costs', 'Its lesson']) {
      t.true(page.includes(`\n## ${heading}\n`), heading)
    }
    const files = [...page.matchAll(/`((?:src|crate)\/[^`]*)`/g)].map(([, file]) => file ?? '')
    t.true(files.length > 0)
    for (const file of files) t.true(existsSync(new URL(`../../${file}`, import.meta.url)), file)
  })
}
