/** A report as text: whole, safe, small, and readable without eyes or scripts. */

import { createHash } from 'node:crypto'
import test from 'ava'
import { renderReport } from '../../src/load/report/page.ts'
import { readRuns } from '../../src/load/report/read-runs.ts'
import { STYLE } from '../../src/load/report/style.ts'
import type { RunFile } from '../../src/load/run-file.ts'
import { makeRun } from './report-run.ts'

const run = makeRun()
const page = renderReport([run])
const before = makeRun({ seed: 7, slowdown: 1.1, startedAt: '2026-11-20T08:00:00.000Z' })

/** A page without the parts in which any text may stand. */
const markup = (text: string): string =>
  text.replace(/<script[\s\S]*?<\/script>/g, '').replace(/<style>[\s\S]*?<\/style>/, '')
const found = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, group = '']) => group)
/** The tags of a page without what stands in their attributes, which can be no attribute. */
const tags = (text: string): string =>
  found(markup(text).replace(/"[^"]*"/g, '""'), /(<[^>]*>)/g).join('')
const headings = (text: string): string[] => found(text, /<h2[^>]*>([^<]*)</g)

test('a report of one run has every section, and a link to each', t => {
  t.deepEqual(headings(page), [
    'Verdicts',
    'The gate',
    'More and more users',
    'Difference of two designs',
    'Response times',
    'CPU and memory',
    'Growth',
    'Why',
    'Machine and method',
    'All figures',
  ])
  const nav = /<nav[\s\S]*?<\/nav>/.exec(page)?.[0] ?? ''
  t.deepEqual(found(nav, /href="#[\w-]+">([^<]*)</g), headings(page))
})

test('two runs have their difference, three also their trend', t => {
  const two = headings(renderReport([before, run]))
  t.true(two.includes('Difference of two runs'))
  t.true(two.includes('Verdicts of the runs before'))
  t.false(two.some(heading => heading.startsWith('Trend')))
  t.true(headings(renderReport([before, run, run])).includes('Trend over 3 runs'))
})

test('what was not measured has no section', t => {
  const bare: RunFile = { ...run, cycles: [], spectra: {}, growth: [], limiters: [], gate: [] }
  t.deepEqual(headings(renderReport([bare])), ['Verdicts', 'Machine and method', 'All figures'])
})

test('the summary names who costs least, every rank, and who was refused and why', t => {
  const summary = /<section id="verdicts"[\s\S]*?<\/section>/.exec(page)?.[0] ?? ''
  const ranks = found(summary, /class="rank">(?:<abbr[^>]*>=<\/abbr>)?(\d)</g)
  t.deepEqual(ranks, ['1', '1', '3', '4', '5', '6'])
  t.regex(summary, /textbook-poll[\s\S]*churn: 312 of 1,304 conversations/)
  t.regex(summary, /textbook-single[\s\S]*two in a packet: one error/)
  for (const { text } of run.verdicts) t.true(summary.includes(text), text)
})

test('without a verdict the report says so, says why, and ranks nobody', t => {
  const bad = makeRun({ isInstrumentBad: true })
  const text = renderReport([bad])
  t.true(/class="big">No verdict</.test(text))
  t.truthy(bad.noVerdict)
  for (const reason of bad.noVerdict?.split('; ') ?? []) t.true(text.includes(reason), reason)
  t.false(/class="ranking"/.test(markup(text)))
})

test('no text of a run can act, wherever it stands', t => {
  const evil = '</script><script>alert(1)</script><img src=x onerror="alert(2)">\'&amp;'
  const poison = (value: unknown, isData: boolean): unknown => {
    if (typeof value === 'string') return isData ? value : evil + value
    if (Array.isArray(value)) return value.map(each => poison(each, isData))
    if (typeof value !== 'object' || value === null) return value
    const kept = ['format', 'kind', 'metric', 'verdict', 'result', 'axis', 'responseTimes']
    const entries = Object.entries(value).map(([key, each]) => {
      const name = ['values', 'spectra'].includes(key) && typeof each === 'object' && each !== null
      const renamed = name
        ? Object.fromEntries(Object.entries(each).map(([design, own]) => [evil + design, own]))
        : each
      return [key, poison(renamed, isData || kept.includes(key) || name)]
    })
    return Object.fromEntries(entries)
  }
  const poisoned = poison(run, false) as RunFile
  const text = renderReport([poisoned])
  t.is(found(text, /(<script)/g).length, 2)
  t.false(/<img/.test(text))
  t.false(/\son\w+=/.test(tags(text)))
  t.true(text.includes('&#60;img src=x onerror=&#34;alert(2)&#34;&#62;&#39;&#38;amp;'))
  t.deepEqual(readRuns(text), [poisoned])
})

test('a report holds its runs, and gives them back as they were', t => {
  t.deepEqual(readRuns(renderReport([before, run])), [before, run])
  t.deepEqual(readRuns(JSON.stringify(run)), [run])
  t.deepEqual(readRuns(JSON.stringify([before, run])), [before, run])
})

test('the same runs give the same report', t => {
  t.is(renderReport([makeRun()]), page)
})

test('a report of eight designs is below 1.5 MB', t => {
  t.is(run.contestants.length, 8)
  t.true(Buffer.byteLength(page) < 1.5e6, `${Buffer.byteLength(page)} bytes`)
})

test('the policy forbids every connection and allows the one script and the one sheet', t => {
  const [policy = ''] = found(page, /Content-Security-Policy" content="([^"]*)"/g)
  const hash = (text: string): string =>
    `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  const [script = ''] = found(page, /<script>([\s\S]*?)<\/script>/g)
  const [style = ''] = found(page, /<style>([\s\S]*?)<\/style>/g)
  t.true(policy.startsWith("default-src 'none'; "))
  t.true(policy.includes(`script-src ${hash(script)};`))
  t.true(policy.includes(`style-src ${hash(style)};`))
  t.notRegex(policy, /connect-src|unsafe|\*|https?:/)
  t.false(/\s(style|on\w+|src)=/.test(tags(page)))
  const names = script.replace('http://www.w3.org/2000/svg', '')
  t.false(/\/\/\w/.test(`${markup(page)}${style}${names}`))
})

test('every id is there once, and everything that is referred to is there', t => {
  for (const text of [page, renderReport([before, run, run])]) {
    const plain = markup(text)
    const ids = found(plain, /\sid="([^"]*)"/g)
    t.deepEqual(ids.toSorted(), [...new Set(ids)].sort())
    const referred = [
      ...found(plain, /href="#([^"]*)"/g),
      ...found(plain, /url\(#([^)]*)\)/g),
      ...found(plain, /aria-labelledby="([^"]*)"/g),
    ]
    t.true(referred.length > 100)
    t.deepEqual(
      referred.filter(id => !ids.includes(id)),
      [],
    )
  }
})

test('every table has a caption and scopes, every picture a name, every plot its values', t => {
  const plain = markup(page)
  const tables = plain.split('<table').slice(1)
  t.true(tables.length > 15)
  for (const each of tables) {
    t.regex(each, /^[^>]*><caption>[^<]+</)
    t.notRegex(each.split('</table>')[0] ?? '', /<th(?![^>]*scope=)[ >]/)
  }
  for (const svg of found(plain, /<svg([^>]*)>/g)) {
    t.regex(svg, /role="img"\s+aria-label="[^"]+"|aria-hidden="true"/)
  }
  for (const figure of plain.split('<figure').slice(1)) {
    // Its values are those of another figure, which it names.
    if (figure.startsWith(' id="pair"')) t.regex(figure, /Values: <a\s+href="#users-rate">/)
    else t.regex(figure, /<details><summary>Values[\s\S]*<table/)
  }
})

test('a plot tells under the pointer what its table tells, in both widths', t => {
  let seen = 0
  for (const figure of found(markup(page), /<figure([\s\S]*?)<\/figure>/g)) {
    const plots = found(figure, /<svg class="plot[^>]*data-x[^>]*data-t="([^"]*)"/g)
    if (plots.length === 0) continue
    t.is(plots.length, 2)
    t.is(plots[0], plots[1])
    const lines = found(figure, /data-v="([^"]*)"/g)
    const half = lines.slice(0, lines.length / 2)
    t.deepEqual(lines.slice(lines.length / 2), half)
    const rows = found(figure, /<tr><th scope="row">(.*<\/td>)<\/tr>/g)
    const told = (plots[0] ?? '')
      .split('|')
      .map((x, at) => [x, ...half.map(values => values.split('|')[at] || '–')].join('|'))
    t.deepEqual(
      rows.map(row => row.replace('</th>', '').replaceAll('</td>', '').replaceAll('<td>', '|')),
      told,
    )
    seen += told.length
  }
  t.true(seen > 100)
})

test('headings leave out no level', t => {
  const levels = found(markup(page), /<h(\d)/g).map(Number)
  t.is(levels[0], 1)
  t.is(levels.filter(level => level === 1).length, 1)
  for (const [index, level] of levels.entries()) t.true(level - (levels[index - 1] ?? 0) <= 1)
})

test('text is readable and lines are visible in both looks', t => {
  const looks = found(STYLE, /\{ \n?([^{}]*--bg:[^{}]*)\}/g).map(
    text => new Map([...text.matchAll(/--(\w+): (#\w{6})/g)].map(([, name, hex]) => [name, hex])),
  )
  t.is(looks.length, 3)
  for (const look of looks) {
    for (const ground of ['bg', 'panel']) {
      const against = (name: string): number =>
        contrast(look.get(name) ?? '', look.get(ground) ?? '')
      for (const name of ['ink', 'muted', 'accent', 'better', 'worse', 'same', 'unknown']) {
        t.true(against(name) >= 4.5, `${name} on ${ground}: ${against(name)}`)
      }
      for (let index = 0; index < 8; index++) {
        t.true(against(`s${index}`) >= 3, `s${index} on ${ground}: ${against(`s${index}`)}`)
      }
    }
  }
})

/** Of two colours, as the Web Content Accessibility Guidelines 2 have it. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map(at => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
