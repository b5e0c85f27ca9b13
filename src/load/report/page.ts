/** Puts a report together: one HTML file that needs nothing else and reaches for nothing. */

import type { RunFile } from '../run-file.ts'
import { cyclesSection } from './cycles-section.ts'
import { differenceSection } from './difference.ts'
import { embedRuns, policyHash, sealPage, sealPlace } from './embedded.ts'
import { folded, section } from './figure.ts'
import { gateSection } from './gate-table.ts'
import { growthSection } from './growth-section.ts'
import { type Html, html, type Part, trusted } from './html.ts'
import { methodSection } from './method.ts'
import { moment } from './numbers.ts'
import { ranking } from './ranking.ts'
import { rawSection } from './raw-tables.ts'
import { SCRIPT } from './script.ts'
import { markDefinitions } from './series.ts'
import { spectrumSection } from './spectrum.ts'
import { designsOf } from './standings.ts'
import { STYLE } from './style.ts'
import { summarySection } from './summary.ts'
import { timelineSection } from './timeline.ts'
import { titleOf } from './title.ts'
import { trendSection } from './trend.ts'
import { whySection } from './why.ts'

/** Nothing may be fetched, sent or run but what was written here. */
const POLICY = [
  "default-src 'none'",
  `script-src ${policyHash(SCRIPT)}`,
  `style-src ${policyHash(STYLE)}`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/**
 * The report of one or more runs as one HTML file. The last run is shown in full; of two runs or
 * more also the difference of the last two, of three or more the trend.
 *
 * Throws `ERR_LANCELOT_RUN_FILE` where a histogram in a run is none.
 */
export function renderReport(runs: readonly RunFile[]): string {
  const run = runs.at(-1)
  if (!run) throw new RangeError('a report needs at least one run')
  const places = designsOf(runs)
  const sections = [
    summarySection(run, places),
    gateSection(run, places),
    // Above the first plot, and from there on always in sight. A script fills it.
    html`<div id="shown" role="group" aria-label="Designs in the plots" hidden></div>`,
    cyclesSection(run, places),
    differenceSection(runs, places),
    spectrumSection(run, places),
    timelineSection(run, places),
    growthSection(run, places),
    whySection(run, places),
    trendSection(runs, places),
    earlierSection(runs, places),
    methodSection(run),
    rawSection(run),
  ]
  return sealPage(page(runs, run, sections).text)
}

function page(runs: readonly RunFile[], run: RunFile, sections: readonly Part[]): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
${sealPlace()}
<title>${titleOf(run)} · Lancelot</title>
<link rel="icon" href="data:,">
<style>${trusted(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the verdicts</a>
${markDefinitions()}${hatch()}
<header><div class="top"><div><h1>${titleOf(run)}</h1>
<p class="facts-line">${facts(runs, run)}</p></div>
<button id="look" type="button" hidden></button></div>
<nav aria-label="Sections"><ul>${links(sections)}</ul></nav></header>
<main id="main" tabindex="-1">
${sections}</main>
<footer><p>Made by Lancelot. This file is whole: it fetches nothing.
<code>lancelot verify FILE</code> derives its verdicts again.</p></footer>
${embedRuns(runs)}
<script>${trusted(SCRIPT)}</script>
</body>
</html>
`
}

function facts(runs: readonly RunFile[], run: RunFile): Part {
  const count = run.contestants.length
  return [
    moment(run.startedAt),
    run.machine.cpu,
    `${count} ${count === 1 ? 'design' : 'designs'}`,
    `${run.blocks.length} blocks`,
    `seed ${run.settings.seed}`,
    ...(runs.length > 1 ? [`the last of ${runs.length} runs`] : []),
  ].join(' · ')
}

/** A link for each section there is, by its own heading. */
function links(sections: readonly Part[]): Part {
  const found = html`${sections}`.text.matchAll(
    /<section id="([\w-]+)"[^>]*><h2[^>]*>([^<]*)<\/h2>/g,
  )
  return [...found].map(
    ([, id = '', heading = '']) => html`<li><a href="#${id}">${trusted(heading)}</a></li>`,
  )
}

/** Verdicts of the runs before the last, in brief. */
function earlierSection(runs: readonly RunFile[], places: ReadonlyMap<string, number>): Part {
  const earlier = runs.slice(0, -1).toReversed()
  if (earlier.length === 0) return null
  const items = earlier.map(run =>
    folded(
      `${titleOf(run)}, ${moment(run.startedAt)}`,
      run.noVerdict === null
        ? ranking(run, places)
        : html`<p><b>No verdict</b>: ${run.noVerdict}</p>`,
      run.refused.map(
        ({ name, reason }) => html`<p><b>${name}</b> was refused a rank: ${reason}</p>`,
      ),
    ),
  )
  return section('earlier', 'Verdicts of the runs before', null, items)
}

/** What fills an area where the older run is better. */
function hatch(): Html {
  return trusted(
    '<svg class="defs" aria-hidden="true"><defs><pattern id="hatch" width="6" height="6" ' +
      'patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatching" ' +
      'd="M0 0V6"/></pattern></defs></svg>',
  )
}
