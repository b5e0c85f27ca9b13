/** The results of `lancelot bench` for people: two tables, and what to know to believe them. */

import { type BenchFigures, errorsOf, type Times } from './bench-figures.ts'
import type { BenchResult } from './bench-run.ts'
import { showPlace } from './bench-targets.ts'
import { tlsTexts } from './bench-tls.ts'
import { bytes, figure, percent, whole } from './report/numbers.ts'

const GAP = '  '
const NONE = '-'

/** A sentence for each condition that came true. */
export function failureTexts(results: readonly BenchResult[]): string[] {
  return results.flatMap(result =>
    result.failures.map(
      ({ condition, found }) => `${condition} came true for ${nameOf(result)}: ${found}`,
    ),
  )
}

/** All of it, with a line end after the last line. */
export function benchText(results: readonly BenchResult[]): string {
  const parts = [
    `Requests\n${requestTable(results)}`,
    `Times in ms, of right and late answers\n${timesTable(results)}`,
    `Server and generator\n${usageTable(results)}`,
    ...notes(results),
  ]
  return `\n${parts.join('\n\n')}\n`
}

function requestTable(results: readonly BenchResult[]): string {
  const head = ['', 'right/s', 'right', 'wrong', 'lost', 'late', 'refused', 'unanswered']
  const rows = results.map(result => {
    const { rate, counts } = result.figures
    const { right, wrong, lost, late, refused, unanswered } = counts
    return [nameOf(result), ...[rate, right, wrong, lost, late, refused, unanswered].map(whole)]
  })
  return align([head, ...rows])
}

function timesTable(results: readonly BenchResult[]): string {
  const head = ['', '', 'mean', 'p50', 'p90', 'p99', 'p99.9', 'p99.99', 'max']
  const rows = results.flatMap(result => {
    const { response, service, sendLag, connect } = result.figures
    const kinds: [string, Times][] = [
      ['response', response],
      ['service', service],
      ['send lag', sendLag],
      ['connecting', connect],
    ]
    return kinds
      .filter(([, { count }], index) => count > 0 || index < 2)
      .map(([kind, times], index) => [index === 0 ? nameOf(result) : '', kind, ...millis(times)])
  })
  return align([head, ...rows], 2)
}

function millis({ meanUs, p50Us, p90Us, p99Us, p999Us, p9999Us, maxUs }: Times): string[] {
  return [meanUs, p50Us, p90Us, p99Us, p999Us, p9999Us, maxUs].map(us =>
    us === undefined ? NONE : figure(us / 1000),
  )
}

function usageTable(results: readonly BenchResult[]): string {
  const head = ['', 'CPU us/request', 'user', 'system', 'memory', 'switches/request', 'generator']
  const rows = results.map(result => [nameOf(result), ...usageCells(result.figures)])
  return align([head, ...rows])
}

function usageCells({ server, counts, loadShare }: BenchFigures): string[] {
  if (server === undefined) return [NONE, NONE, NONE, NONE, NONE, percent(loadShare)]
  const { cpuPerRequestUs, voluntarySwitches, involuntarySwitches } = server
  const switches = (voluntarySwitches + involuntarySwitches) / Math.max(counts.right, 1)
  return [
    cpuPerRequestUs === undefined ? NONE : figure(cpuPerRequestUs),
    percent(server.userShare),
    percent(server.systemShare),
    bytes(server.residentBytes),
    figure(switches),
    percent(loadShare),
  ]
}

/** Each thing to know once, with whom it is about unless it is about all. */
function notes(results: readonly BenchResult[]): string[] {
  const texts = new Set(results.flatMap(({ warnings }) => warnings))
  const warnings = [...texts].map(text => {
    const who = results.filter(result => result.warnings.includes(text)).map(nameOf)
    return who.length === results.length ? `! ${text}` : `! ${who.join('; ')}: ${text}`
  })
  const unknown = results.filter(({ target }) => target.pid === undefined)
  const places = new Set(unknown.map(({ target }) => showPlace(target)))
  const unseen = [...places].map(
    place =>
      `! The process that listens at ${place} was not found, so nothing is known of its CPU: ` +
      '--pid names it.',
  )
  const erring = results.filter(
    ({ figures, step }) => errorsOf(figures.counts, step.model.kind) > 0,
  )
  const errors = erring.map(result => {
    const count = errorsOf(result.figures.counts, result.step.model.kind)
    const share = percent(count / Math.max(result.figures.counts.due, 1))
    const who = `${nameOf(result)}: ${whole(count)} requests (${share})`
    return `! ${who} did not get their right answer in time.`
  })
  return [[...tlsTexts(results), ...errors, ...unseen, ...warnings].join('\n')].filter(
    text => text !== '',
  )
}

function nameOf({ target, step }: BenchResult): string {
  return `${target.name}, ${step.label}`
}

/** Columns of one width; the first `left` begin at the left, the others end at the right. */
function align(rows: readonly (readonly string[])[], left = 1): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map(row => (row[column] ?? '').length)),
  )
  return rows
    .map(row => {
      const cells = row.map((cell, column) => {
        const width = widths[column] ?? 0
        return column < left ? cell.padEnd(width) : cell.padStart(width)
      })
      return `${GAP}${cells.join(GAP)}`.trimEnd()
    })
    .join('\n')
}
