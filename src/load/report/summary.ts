/** What a reader sees first: who costs least, who was refused, or that nothing can be said. */

import type { RunFile } from '../run-file.ts'
import { design, section } from './figure.ts'
import { type Html, html, type Part } from './html.ts'
import { pairs } from './matrix.ts'
import { figure } from './numbers.ts'
import { otherMeasures, ranking } from './ranking.ts'
import { type Standing, standingsOf } from './standings.ts'

type Places = ReadonlyMap<string, number>

/** The section of the verdicts. */
export function summarySection(run: RunFile, places: Places): Html {
  return section(
    'verdicts',
    'Verdicts',
    headline(run),
    run.noVerdict !== null && noVerdict(run.noVerdict),
    ranking(run, places),
    refusals(run, places),
    otherMeasures(run, places),
    pairs(run, places),
  )
}

/** The one sentence to take away. */
export function headline(run: RunFile): Part {
  if (run.noVerdict !== null) return null
  const standings = standingsOf(run, 'cpuPerRequest')
  const first = standings.filter(({ rank }) => rank === 1)
  const [best] = first
  if (!best) return 'No two designs could be compared.'
  const names = first.map(({ name }) => html`<strong>${name}</strong>`)
  if (first.length === 1) {
    const cost = html`${figure(best.value)} µs${against(standings)}`
    return html`${names} costs the least CPU per request: ${cost}.`
  }
  const most = Math.max(...first.map(({ value }) => value))
  return html`${joined(names)} cost the least CPU per request, ${figure(best.value)} to ${figure(
    most,
  )} µs; none of them surely less than another.`
}

function against(standings: readonly Standing[]): Part {
  const last = standings.at(-1)
  const ratio = last?.againstBest?.ratio
  if (!last || ratio === undefined || standings.length < 2) return null
  return html`. The most, ${last.name}, costs ${figure(ratio)} times as much`
}

function joined(names: readonly Part[]): Part {
  return names.map((name, index) => {
    if (index === 0) return name
    return index === names.length - 1 ? html` and ${name}` : html`, ${name}`
  })
}

/** Several reasons become a list, under what they have in common: `lead: one; two; three`. */
function noVerdict(text: string): Html {
  const [first = '', ...others] = text.split('; ')
  const colon = first.indexOf(': ')
  const lead = others.length > 0 && colon > 0 ? first.slice(0, colon + 1) : ''
  const reasons = [lead === '' ? first : first.slice(colon + 2), ...others]
  const reason =
    others.length > 0
      ? html`${lead && html`<p>${lead}</p>`}<ul>${reasons.map(each => html`<li>${each}</li>`)}</ul>`
      : html`<p>${text}</p>`
  return html`<div class="no-verdict" role="note"><p class="big">No verdict</p>${reason}
<p>The figures below were measured, but they do not show which design costs less.</p></div>`
}

function refusals(run: RunFile, places: Places): Part {
  if (run.refused.length === 0) return null
  const items = run.refused.map(
    ({ name, reason }) =>
      html`<li>${design(name, places.get(name) ?? 0)} <span class="reason">${reason}</span></li>
`,
  )
  return html`<h3>Refused a rank</h3><ul class="refused">${items}</ul>`
}
