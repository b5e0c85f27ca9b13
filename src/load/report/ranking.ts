/** The verdicts of one run as a ranking: CPU per request with bars, the other measures in brief. */

import type { Metric, RunFile } from '../run-file.ts'
import { design, scroller } from './figure.ts'
import { type Html, html, type Part } from './html.ts'
import { figure, interval, micros, ratio, tick, whole } from './numbers.ts'
import { round, seriesClass } from './series.ts'
import { METRIC_WORDS, type Standing, standingsOf } from './standings.ts'

type Places = ReadonlyMap<string, number>

/** The ranking by CPU per request. Empty where there are no verdicts. */
export function ranking(run: RunFile, places: Places): Part {
  const standings = standingsOf(run, 'cpuPerRequest')
  if (standings.length === 0) return null
  const best = standings[0]?.value ?? 0
  const most = Math.max(...standings.map(({ value }) => value))
  const ends = standings.map(({ againstBest }) => best * (againstBest?.high ?? 1))
  // An interval without a known end may not press the bars together.
  const reach = Math.min(1.3 * most, Math.max(most, ...ends))
  const rows = standings.map(each => rankingRow(each, best, reach, places.get(each.name) ?? 0))
  const caption = 'CPU of the server per request, in µs; less is better'
  return html`<table class="ranking" role="table"><caption>${caption}</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Rank</th>
<th role="columnheader" scope="col">Design</th>
<th role="columnheader" scope="col"><span class="sr">Bar and interval</span></th>
<th role="columnheader" scope="col">CPU µs</th>
<th role="columnheader" scope="col">Against the first</th></tr></thead>
<tbody role="rowgroup">${rows}</tbody></table>
<p class="note">Bars begin at 0. The line across the end of a bar is the interval of its ratio to
the first, which holds the truth with ${confidence(run)} for all verdicts of this measure together.
A rank is one more than the number of designs that are surely better.</p>`
}

/** The confidence of a run's verdicts as text. */
export function confidence(run: RunFile): string {
  return `${round(run.settings.confidence * 100)} %`
}

function rankingRow(each: Standing, best: number, reach: number, index: number): Html {
  const { againstBest } = each
  const ends = againstBest && [best * againstBest.low, best * againstBest.high]
  return html`<tr role="row" data-i="${index}"><td role="cell" class="rank">${rankText(each)}</td>
<th role="rowheader" scope="row">${design(each.name, index)}</th>
<td role="cell" class="track">${rankBar(
    each.value / reach,
    ends?.map(value => Math.min(1, value / reach)),
    index,
  )}</td>
<td role="cell" class="value">${figure(each.value)}</td>
<td role="cell" class="against">${againstText(each, 'the least')}</td></tr>
`
}

function rankBar(share: number, ends: readonly number[] | undefined, index: number): Html {
  const [low, high] = (ends ?? []).map(value => round(value * 1000))
  return html`<svg class="${seriesClass(index)}" viewBox="0 0 1000 20" preserveAspectRatio="none"
aria-hidden="true"><rect class="bar" x="0" y="3" width="${round(share * 1000)}" height="14"/>${
    low !== undefined &&
    html`<path class="whisker" d="M${low} 10H${high ?? low}M${low} 5v10M${high ?? low} 5v10"/>`
  }</svg>`
}

/** `2`, or `=2` where others stand there too. */
export function rankText({ rank, isShared }: Standing): Html {
  return html`${isShared && html`<abbr title="shared">=</abbr>`}${rank}`
}

function againstText({ againstBest, rank, isShared }: Standing, first: string): Part {
  if (!againstBest) return rank === 1 && !isShared ? first : 'the first'
  const { low, high, verdict } = againstBest
  const word = verdict === 'slower' ? null : html` <span class="word">${verdict}</span>`
  const ends = html`<span class="interval">${interval(low, high)}</span>`
  return html`<b>${ratio(againstBest.ratio)} ×</b> ${ends}${word}`
}

const OTHERS: readonly Metric[] = ['capacity', 'p50', 'p99']

/** Capacity and response times, each with its rank: a row for each design. */
export function otherMeasures(run: RunFile, places: Places): Part {
  const metrics = OTHERS.filter(metric => run.verdicts.some(each => each.metric === metric))
  const byMetric = metrics.map(
    metric => new Map(standingsOf(run, metric).map(each => [each.name, each])),
  )
  const names = [...places.keys()].filter(name => byMetric.some(standings => standings.has(name)))
  if (names.length === 0) return null
  const rows = names.map(name => {
    const cells = metrics.map((metric, index) => {
      const standing = byMetric[index]?.get(name)
      return html`<td role="cell" data-metric="${METRIC_WORDS[metric].name}">${
        standing ? measure(standing, metric) : '–'
      }</td>`
    })
    return html`<tr role="row"><th role="rowheader" scope="row">${design(
      name,
      places.get(name) ?? 0,
    )}</th>${cells}</tr>
`
  })
  const heads = metrics.map(
    metric => html`<th role="columnheader" scope="col">${METRIC_WORDS[metric].name}</th>`,
  )
  const caption = 'The other measures, each with its rank and its ratio to the best'
  return html`${scroller(
    caption,
    html`<table class="measures" role="table"><caption>${caption}</caption><thead
role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Design</th>${heads}</tr></thead>
<tbody role="rowgroup">${rows}</tbody></table>`,
  )}<p class="note">Capacity is the highest rate whose 99th percentile is at most ${tick(
    run.settings.objectiveMs,
  )} ms. The percentiles are response times, from when a request was due, under an open load of
${whole(
  run.settings.openRate,
)} requests a second. <b>≥</b>: the generator, not the server, was at its end.</p>`
}

function measure(standing: Standing, metric: Metric): Html {
  const { value, isAtLeast, againstBest } = standing
  if (Number.isNaN(value)) {
    const none = metric === 'capacity' ? 'at no rate' : '–'
    return html`<span class="value">${none}</span> <span class="place">${rankText(standing)}</span>`
  }
  const shown = metric === 'capacity' ? `${whole(value)}/s` : micros(value)
  return html`<span class="value">${isAtLeast && '≥ '}${shown}</span>
<span class="place">${rankText(standing)}</span><span class="against">${
    againstBest &&
    html`${ratio(againstBest.ratio)} × <span class="interval">${interval(
      againstBest.low,
      againstBest.high,
    )}</span>`
  }</span>`
}
