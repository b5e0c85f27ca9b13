/** Why each design is as it is: what was at its end first, with the figures that show it. */

import type { LimiterRecord, RunFile } from '../run-file.ts'
import { bar, design, factList, section } from './figure.ts'
import { type Html, html, type Part } from './html.ts'
import { figure, micros, percent } from './numbers.ts'
import { leftOutText } from './standings.ts'

type Places = ReadonlyMap<string, number>

/** The section of the limiters. */
export function whySection(run: RunFile, places: Places): Part {
  if (run.limiters.length === 0) return null
  const order = (each: LimiterRecord): number => places.get(each.name) ?? places.size
  const limiters = [...run.limiters].sort((one, other) => order(one) - order(other))
  const lead = `What was at its end first, named from the samples taken under a closed load that
gives each all it can take.${leftOutText(run, run.limiters)}`
  const items = limiters.map(each => item(each, places.get(each.name) ?? 0))
  return section(
    'why',
    'Why',
    lead,
    html`<ul class="why">${items}</ul>
<p class="note">Bars: the server’s share of its core, user full and system light.</p>`,
  )
}

function item(each: LimiterRecord, index: number): Html {
  const { userShare, systemShare } = each
  const limiter = each.limiter.replace(/^js\b/, 'JS')
  const total = Math.max(1, userShare + systemShare)
  const facts: [string, string][] = [
    ['user', percent(userShare)],
    ['system', percent(systemShare)],
    ['generator', percent(each.loadShare)],
    ['switches a request', figure(each.switchesPerRequest)],
  ]
  if (each.eventLoopDelayP99Us !== undefined) {
    facts.push(['event-loop delay p99', micros(each.eventLoopDelayP99Us)])
  }
  return html`<li data-i="${index}"><h3>${design(each.name, index)} <span
class="word">${limiter}</span></h3>
<p>${each.text}</p><svg class="share" viewBox="0 0 100 16" preserveAspectRatio="none"
aria-hidden="true"><rect class="all" x="0" y="2" width="100" height="12"/>${bar(
    userShare / total,
    index,
  )}<g class="hatch">${bar(systemShare / total, index, userShare / total)}</g></svg>
${factList(facts)}</li>
`
}
