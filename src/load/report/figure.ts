/** Tables, and figures: a heading, a picture, what it says, and its values as a table behind it. */

import { type Html, html, type Part } from './html.ts'
import { drawPlot, type PlotContent } from './plot.ts'
import { badge, seriesClass } from './series.ts'

/** A table: its first column names the rows. Cells that are numbers belong to the right. */
export interface TableContent {
  caption: string
  columns: readonly Part[]
  rows: readonly (readonly Part[])[]
  /** Whether its cells are words, which belong to the left. @default false */
  isOfWords?: boolean
}

/** What stands in a section: its heading, what leads in, and its content. */
export function section(id: string, heading: string, lead: Part, ...content: Part[]): Html {
  return html`<section id="${id}" aria-labelledby="${id}-h"><h2 id="${id}-h">${heading}</h2>${
    lead && html`<p class="lead">${lead}</p>`
  }${content}</section>
`
}

/** A table that scrolls by itself where the page is too narrow, also by keyboard. */
export function table({ caption, columns, rows, isOfWords = false }: TableContent): Html {
  const head = columns.map(name => html`<th scope="col">${name}</th>`)
  const body = rows.map(([first, ...rest]) => {
    const cells = rest.map(cell => html`<td>${cell}</td>`)
    return html`<tr><th scope="row">${first}</th>${cells}</tr>
`
  })
  return scroller(
    caption,
    html`<table${isOfWords && html` class="words"`}><caption>${caption}</caption>
<thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`,
  )
}

/** What may be wider than the page. */
export function scroller(label: string, content: Html): Html {
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${label}">${content}</div>`
}

/** Terms with what they stand for. */
export function factList(facts: readonly (readonly [string, Part])[]): Html {
  const items = facts.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)
  return html`<dl class="facts">${items}</dl>`
}

/** Content that is shown on demand. */
export function folded(summary: Part, ...content: Part[]): Html {
  return html`<details><summary>${summary}</summary>${content}</details>`
}

/** A design's name with its mark. */
export function design(name: string, index: number): Html {
  return html`<span class="design" data-i="${index}">${badge(index)}<span>${name}</span></span>`
}

/** A figure with a plot. `note` says what is seen and how it was measured. */
export function plotFigure(id: string, note: Part, content: PlotContent): Html {
  return figureOf(id, content.title, note, drawPlot(content), valuesOf(content))
}

/** A figure with any picture and its table. */
export function figureOf(id: string, title: string, note: Part, picture: Part, values: Part): Html {
  const behind = values && folded(html`Values<span class="sr">: ${title}</span>`, values)
  return html`<figure id="${id}" aria-labelledby="${id}-c"><h3 id="${id}-c">${title}</h3>${
    picture
  }<figcaption>${note}</figcaption>${behind}</figure>
`
}

/** Figures beside each other where there is room. */
export function figures(...content: Part[]): Html {
  return html`<div class="figures">${content}</div>`
}

/** One row for each x, one column for each line. */
function valuesOf({ title, lines, x, xText }: PlotContent): Html {
  const columns = [...new Set(lines.flatMap(({ points }) => points.map(point => point.x)))]
  columns.sort((one, other) => one - other)
  const byX = lines.map(({ points }) => new Map(points.map(point => [point.x, point.text])))
  return table({
    caption: title,
    columns: [x.label, ...lines.map(({ name }) => name)],
    rows: columns.map(value => [xText(value), ...byX.map(texts => texts.get(value) ?? '–')]),
  })
}

/** A part of a whole as a bar; the text beside it has the figure. */
export function bar(share: number, index: number, from = 0): Html {
  const left = Math.round(from * 1000) / 10
  const width = Math.round(Math.max(0, Math.min(1, share)) * 1000) / 10
  return html`<rect class="bar ${seriesClass(index)}" x="${left}" y="2" width="${width}"
height="12"/>`
}
