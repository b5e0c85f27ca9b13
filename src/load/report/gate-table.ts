/** What every design did when the gate made its mistakes: a table, and what was seen. */

import type { GateCheck, RunFile } from '../run-file.ts'
import { design, scroller, section } from './figure.ts'
import { type Html, html, type Part } from './html.ts'

type Places = ReadonlyMap<string, number>

const SIGNS: Readonly<Record<GateCheck['result'], { sign: string; kind: string }>> = {
  passed: { sign: '✓', kind: 'better' },
  failed: { sign: '✕', kind: 'worse' },
  noted: { sign: 'i', kind: 'unknown' },
}

/** The section of the gate. */
export function gateSection(run: RunFile, places: Places): Part {
  if (run.gate.length === 0) return null
  const mistakes = [...new Set(run.gate.flatMap(({ checks }) => checks.map(({ name }) => name)))]
  const lead = `Before any timing each design faced ${mistakes.length} mistakes that
clients make. One that loses, misorders or misdelivers an answer gets no rank, however fast it is.`
  return section('gate', 'The gate', lead, gateTable(run, mistakes, places), remarks(run, places))
}

function gateTable(run: RunFile, mistakes: readonly string[], places: Places): Html {
  const heads = mistakes.map(name => html`<th scope="col"><span>${name}</span></th>`)
  const order = (name: string): number => places.get(name) ?? places.size
  const gate = [...run.gate].sort((one, other) => order(one.name) - order(other.name))
  const rows = gate.map(({ name, checks }) => {
    const byName = new Map(checks.map(check => [check.name, check]))
    const cells = mistakes.map(mistake => cell(byName.get(mistake)))
    return html`<tr><th scope="row">${design(name, places.get(name) ?? 0)}</th>${cells}</tr>
`
  })
  const caption = 'Designs and the mistakes they faced'
  return html`<p class="note"><span class="key"><b class="better">✓</b> passed</span> <span
class="key"><b class="unknown">i</b> noted: it may, by its nature</span> <span class="key"><b
class="worse">✕</b> failed: no rank</span></p>${scroller(
    caption,
    html`<table class="matrix gate"><caption>${caption}</caption>
<thead><tr><th scope="col">Design</th>${heads}</tr></thead><tbody>${rows}</tbody></table>`,
  )}`
}

function cell(check: GateCheck | undefined): Html {
  if (!check) return html`<td><span class="sr">not asked</span>–</td>`
  const { sign, kind } = SIGNS[check.result]
  return html`<td class="${kind}" title="${check.detail || check.result}"><span
class="sign" aria-hidden="true">${sign}</span><span class="sr">${check.result}</span></td>`
}

/** What was seen of those that did not pass, worst first. */
function remarks(run: RunFile, places: Places): Part {
  const seen = run.gate.flatMap(({ name, checks }) =>
    checks.filter(({ result }) => result !== 'passed').map(check => ({ ...check, design: name })),
  )
  if (seen.length === 0) return null
  seen.sort((one, other) => Number(one.result === 'noted') - Number(other.result === 'noted'))
  const items = seen.map(
    each => html`<li>${design(each.design, places.get(each.design) ?? 0)} <span class="word ${
      SIGNS[each.result].kind
    }">${each.result}</span> <b>${each.name}</b>: ${each.detail}</li>
`,
  )
  return html`<h3>What was seen</h3><ul class="remarks">${items}</ul>`
}
