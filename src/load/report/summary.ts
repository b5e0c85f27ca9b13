/** What a reader sees first: who costs least, who was refused, or that nothing can be said. */

import { METRICS, type Metric, type RunFile, type VerdictWord } from '../run-file.ts'
import { design, factList, section } from './figure.ts'
import { type Html, html, type Part } from './html.ts'
import { pairs } from './matrix.ts'
import { whole } from './numbers.ts'
import { otherMeasures, ranking } from './ranking.ts'
import { METRIC_WORDS } from './standings.ts'
import { takeaway } from './takeaway.ts'

type Places = ReadonlyMap<string, number>

/** The section of the verdicts. */
export function summarySection(run: RunFile, places: Places): Html {
  return section(
    'verdicts',
    'Verdicts',
    headline(run),
    brief(run),
    run.noVerdict !== null && noVerdict(run.noVerdict, run.blocks.length > 0),
    ranking(run, places),
    refusals(run, places),
    otherMeasures(run, places),
    pairs(run, places),
  )
}

/** The one sentence to take away: by the first measure that there is, CPU per request before. */
export function headline(run: RunFile): Part {
  if (run.noVerdict !== null) return null
  const [sentence] = takeaways(run)
  return sentence?.text ?? 'No two designs could be compared.'
}

/** The other measures, who was refused, and how much could be told: a line each. */
function brief(run: RunFile): Part {
  if (run.noVerdict !== null) return null
  const [, ...others] = takeaways(run)
  const refused = run.refused.map(({ name }) => `${name} (${failedChecks(run, name)})`).join(', ')
  const facts: (readonly [string, Part])[] = [
    ...others.map(({ metric, text }) => [METRIC_WORDS[metric].name, text] as const),
    ...(refused === '' ? [] : [['Refused a rank', refused] as const]),
    ['How sure', certainty(run)],
  ]
  return factList(facts)
}

function takeaways(run: RunFile): { metric: Metric; text: Html }[] {
  return METRICS.flatMap(metric => {
    const text = takeaway(run, metric)
    return text === null ? [] : [{ metric, text }]
  })
}

function failedChecks({ gate }: RunFile, name: string): string {
  const checks = gate.filter(each => each.name === name).flatMap(each => each.checks)
  return checks
    .flatMap(({ name: check, result }) => (result === 'failed' ? [check] : []))
    .join(', ')
}

/** How many verdicts say what. */
function certainty({ verdicts, blocks }: RunFile): string {
  const count = (...words: readonly VerdictWord[]): string =>
    whole(verdicts.filter(({ verdict }) => words.includes(verdict)).length)
  const minutes = Math.max(0, ...verdicts.map(({ moreMinutes }) => moreMinutes ?? 0))
  const more =
    minutes > 0 ? ` About ${whole(minutes)} more minutes would tell all that time can tell.` : ''
  return `${whole(verdicts.length)} verdicts on pairs, from ${blocks.length} blocks: ${count(
    'faster',
    'slower',
  )} find a difference, ${count('no difference')} none, ${count('cannot tell')} cannot tell.${more}`
}

/** Several reasons become a list, under what they have in common: `lead: one; two; three`. */
function noVerdict(text: string, isMeasured: boolean): Html {
  const [first = '', ...others] = text.split('; ')
  const colon = first.indexOf(': ')
  const lead = others.length > 0 && colon > 0 ? first.slice(0, colon + 1) : ''
  const reasons = [lead === '' ? first : first.slice(colon + 2), ...others]
  const reason =
    others.length > 0
      ? html`${lead && html`<p>${lead}</p>`}<ul>${reasons.map(each => html`<li>${each}</li>`)}</ul>`
      : html`<p>${text}</p>`
  return html`<div class="no-verdict" role="note"><p class="big">No verdict</p>${reason}${
    isMeasured &&
    html`<p>The figures below were measured, but they do not show which design costs less.</p>`
  }</div>`
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
