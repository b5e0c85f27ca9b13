/** Every pair of designs: a matrix for each metric, and every verdict as a sentence. */

import { METRICS, type Metric, type RunFile, type VerdictWord } from '../run-file.ts'
import { design, folded, scroller } from './figure.ts'
import { type Html, html, type Part } from './html.ts'
import { ratio } from './numbers.ts'
import { compare, METRIC_WORDS, standingsOf } from './standings.ts'

type Places = ReadonlyMap<string, number>

/** More designs than these need small print on paper. */
const MANY = 10

/** What stands for a verdict, so that colour need not. */
const SIGNS: Readonly<Record<VerdictWord, { sign: string; kind: string }>> = {
  faster: { sign: '▲', kind: 'better' },
  slower: { sign: '▼', kind: 'worse' },
  'no difference': { sign: '=', kind: 'same' },
  'cannot tell': { sign: '?', kind: 'unknown' },
}

/** The matrices and sentences of a run. Empty where there are no verdicts. */
export function pairs(run: RunFile, places: Places): Part {
  const measured = METRICS.filter(metric => run.verdicts.some(each => each.metric === metric))
  const [first, ...others] = measured.map(metric => matrix(run, metric, places))
  if (!first) return null
  return html`<h3>Every pair</h3>
<p class="note">Read a row: the design of the row against that of the column, as a ratio. <span
class="key"><b class="better">▲</b> better</span> <span class="key"><b
class="worse">▼</b> worse</span> <span class="key"><b
class="same">=</b> no difference</span> <span class="key"><b
class="unknown">?</b> cannot tell</span></p>${first}${
    others.length > 0 && folded('Pairs by the other measures', others)
  }${folded(`All ${run.verdicts.length} verdicts as sentences`, sentences(run))}`
}

function matrix(run: RunFile, metric: Metric, places: Places): Html {
  const verdicts = run.verdicts.filter(verdict => verdict.metric === metric)
  const names = standingsOf(run, metric).map(({ name }) => name)
  const rows = names.map(a => {
    const cells = names.map(b => (a === b ? html`<td class="self">·</td>` : cell(verdicts, a, b)))
    return html`<tr><th scope="row">${design(a, places.get(a) ?? 0)}</th>${cells}</tr>
`
  })
  const heads = names.map(name => html`<th scope="col"><span>${name}</span></th>`)
  const caption = `${METRIC_WORDS[metric].name}: each design against each`
  const size = names.length > MANY ? ' many' : ''
  return scroller(
    caption,
    html`<table class="matrix${size}"><caption>${caption}</caption>
<thead><tr><th scope="col">Design</th>${heads}</tr></thead><tbody>${rows}</tbody></table>`,
  )
}

function cell(verdicts: RunFile['verdicts'], a: string, b: string): Html {
  const found = compare(verdicts, a, b)
  if (!found) return html`<td>–</td>`
  const { sign, kind } = SIGNS[found.verdict]
  return html`<td class="${kind}" title="${found.text}"><span class="sign" aria-hidden="true">${
    sign
  }</span> ${ratio(found.ratio)}<span class="sr"> ${found.verdict}</span></td>`
}

function sentences(run: RunFile): Part {
  return METRICS.map(metric => {
    const verdicts = run.verdicts.filter(verdict => verdict.metric === metric)
    if (verdicts.length === 0) return null
    return html`<h4>${METRIC_WORDS[metric].name}</h4><ul class="sentences">${verdicts.map(
      ({ text, verdict }) =>
        html`<li>${text}${
          text.includes(verdict) ? '' : html` <span class="word">${verdict}</span>`
        }</li>`,
    )}</ul>`
  })
}
