/** The look of a report: light, dark and on paper, from a telephone to a desk. */

import { PICTURE_STYLE } from './style-pictures.ts'

const LIGHT = `
--bg: #fdfdfb; --panel: #f4f4f0; --ink: #1c1e22; --muted: #5a5f69; --line: #d8dade;
--accent: #9a2440; --better: #14663f; --worse: #944100; --same: #5a5f69; --unknown: #62509c;
--s0: #0067a5; --s1: #b84a00; --s2: #00735a; --s3: #9c3f74; --s4: #866000; --s5: #2f86bf;
--s6: #5b4fb0; --s7: #5c6066;
color-scheme: light;`

const DARK = `
--bg: #14161a; --panel: #1d2026; --ink: #e7e8ea; --muted: #a5abb6; --line: #353a43;
--accent: #ff9db0; --better: #6fd3a1; --worse: #ffae6b; --same: #a5abb6; --unknown: #c3b4ff;
--s0: #5db1ea; --s1: #ff9152; --s2: #3fc8a0; --s3: #e79cc6; --s4: #e0b548; --s5: #9adcff;
--s6: #b3a6ff; --s7: #b4bac4;
color-scheme: dark;`

const PAGE = `
* { box-sizing: border-box; }
html { scroll-padding-top: 4rem; text-size-adjust: 100%; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--bg); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
header, main, footer { max-width: 1272px; margin: 0 auto; padding: 0 1rem; }
@media (min-width: 48rem) { header, main, footer { padding: 0 2rem; } }
header { padding-top: 2.5rem; }
h1 { font-size: clamp(1.6rem, 4vw, 2.25rem); line-height: 1.2; font-weight: 650;
  letter-spacing: -.015em; margin: 0 0 .4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.45rem; font-weight: 650; letter-spacing: -.01em; margin: 0 0 .6rem; }
h3 { font-size: 1.05rem; font-weight: 620; margin: 2rem 0 .5rem; }
h4 { font-size: 1rem; font-weight: 600; margin: 1.2rem 0 .3rem; }
section { margin: 4rem 0 0; padding-top: 1.4rem; border-top: 1px solid var(--line); }
section:first-of-type { border-top: 0; margin-top: 1.5rem; padding-top: 0; }
p { margin: .5rem 0; max-width: 46rem; }
ul { max-width: 60rem; padding-left: 1.2rem; }
li { margin: .3rem 0; }
a { color: var(--accent); text-underline-offset: .18em; }
code, pre { font: .9em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.lead { font-size: 1.1rem; max-width: 50rem; margin-bottom: 1.2rem; }
#verdicts dl.facts { max-width: 60rem; margin: 1rem 0 2rem; font-size: 1rem; }
#verdicts dl.facts div { display: grid; grid-template-columns: 11rem 1fr; gap: 0 1rem;
  padding: .2rem 0; }
@media (max-width: 34rem) { #verdicts dl.facts div { grid-template-columns: 1fr; } }
#verdicts > .lead { font-size: clamp(1.2rem, 2.6vw, 1.5rem); line-height: 1.4; max-width: 56rem; }
.facts-line, .note, figcaption { color: var(--muted); font-size: .9rem; }
.facts-line { margin: 0; max-width: none; }
.number, td, .value, .against, dd { font-variant-numeric: tabular-nums; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
.skip { position: absolute; left: 1rem; top: -5rem; background: var(--bg); padding: .5rem 1rem;
  z-index: 5; }
.skip:focus { top: .5rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
nav ul { display: flex; flex-wrap: wrap; gap: .1rem 1.3rem; list-style: none; padding: 0;
  margin: 1.2rem 0 0; max-width: none; font-size: .95rem; }
nav a { color: var(--ink); text-decoration-color: var(--line); }
nav a:hover { text-decoration-color: var(--accent); }
button, select { font: inherit; font-size: .9rem; color: var(--ink); background: var(--bg);
  border: 1px solid var(--muted); border-radius: 6px; padding: .3rem .7rem; min-height: 2rem;
  max-width: 100%; cursor: pointer; }
[hidden] { display: none !important; }
.top { display: flex; gap: 1rem 2rem; justify-content: space-between; align-items: flex-start;
  flex-wrap: wrap; }
.top > div { flex: 1 1 30rem; min-width: 0; }
#shown { position: sticky; top: 0; z-index: 3; background: var(--bg); padding: .6rem 0;
  margin-top: 1rem; border-bottom: 1px solid var(--line); }
#shown:not([hidden]) + section { margin-top: 0; border-top: 0; }
#shown div { display: flex; gap: .4rem; overflow-x: auto; align-items: center; padding: 3px; }
#shown span.say { color: var(--muted); font-size: .9rem; flex: none; }
#shown button { flex: none; display: inline-flex; gap: .4rem; align-items: center;
  border-color: var(--line); border-radius: 99px; padding: .1rem .7rem; }
#shown button[aria-pressed="false"] { text-decoration: line-through; color: var(--muted);
  background: var(--panel); border-style: dashed; }
.design { display: inline-flex; gap: .45rem; align-items: baseline; }
.design > span { overflow-wrap: break-word; min-width: 0; }
.badge { width: .8em; height: .8em; flex: none; overflow: visible; position: relative;
  top: .04em; }
.word { font-weight: 500; font-size: .85rem; color: var(--muted); white-space: nowrap; }
.word.worse { color: var(--worse); } .word.unknown { color: var(--unknown); }
.no-verdict { border: 3px solid var(--accent); border-radius: 8px; padding: 1.2rem 1.5rem;
  margin: 1rem 0 2rem; max-width: 60rem; }
.no-verdict p::first-letter, .no-verdict li::first-letter { text-transform: uppercase; }
.no-verdict .big { font-size: clamp(2rem, 7vw, 3.2rem); font-weight: 700; line-height: 1.1;
  margin: 0 0 .5rem; color: var(--accent); letter-spacing: -.02em; }
.refused, .remarks, .why { list-style: none; padding: 0; }
.refused .design { font-weight: 600; } .refused .reason { color: var(--muted); }
.remarks .word { margin: 0 .2rem; }
details { margin: .8rem 0; }
summary { cursor: pointer; color: var(--muted); font-size: .9rem; width: fit-content; }
summary:hover { color: var(--ink); }
.scroll { position: relative; overflow-x: auto; max-width: 100%; margin: .6rem 0;
  background: linear-gradient(to left, var(--bg) 40%, transparent) right / 2.5rem 100% no-repeat
  local, linear-gradient(to left, color-mix(in srgb, var(--ink) 22%, transparent), transparent)
  right / .7rem 100% no-repeat scroll; }
pre.command { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--panel);
  padding: .8rem 1rem; border-radius: 6px; }
.columns { display: grid; gap: 0 3rem; }
@media (min-width: 60rem) { .columns { grid-template-columns: 1fr 1fr; } }
dl.facts { margin: .5rem 0; font-size: .95rem; }
.columns dl.facts div { display: grid; grid-template-columns: 2fr 3fr; gap: 1rem;
  border-bottom: 1px solid var(--line); padding: .3rem 0; }
dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
footer { color: var(--muted); font-size: .9rem; margin-top: 5rem; padding-bottom: 3rem; }
`

const TABLES = `
table { border-collapse: collapse; font-size: .93rem; }
caption { text-align: left; color: var(--muted); font-size: .9rem; padding: .3rem 0; }
.scroll > table > caption { width: max-content; max-width: min(46rem, calc(100vw - 2rem)); }
th, td { padding: .32rem .8rem .32rem 0; text-align: right; vertical-align: baseline; }
th:first-child, td:first-child { text-align: left; }
thead th { font-weight: 500; color: var(--muted); vertical-align: bottom;
  border-bottom: 1px solid var(--muted); }
tbody th { font-weight: 500; text-align: left; }
tbody tr { border-bottom: 1px solid var(--line); }
details table td, details table tbody th { white-space: nowrap; }
#method .words th { white-space: nowrap; } #method .words td { min-width: 7rem; }
#method .words td:has(code) { min-width: 20rem; }
.words td, .words thead th { text-align: left; }
.ranking { width: 100%; margin: 1.5rem 0 .3rem; font-size: 1rem; }
.ranking th, .ranking td { padding: .42rem 1.2rem .42rem 0; vertical-align: middle; }
.ranking td:first-child { width: 2.6rem; }
.ranking .rank { color: var(--muted); }
.ranking abbr, .measures abbr { text-decoration: none; }
.ranking th:nth-child(2) { text-align: left; }
.ranking .track { width: 100%; min-width: 8rem; } .ranking tbody th { min-width: 13rem; }
.ranking thead th { white-space: nowrap; } .ranking .track svg { width: 100%; height: 1.3rem; }
.ranking .track svg { display: block; overflow: visible; }
.ranking .value { font-weight: 600; } .ranking .against { white-space: nowrap; text-align: left; }
.ranking thead th:last-child { text-align: left; }
.interval { color: var(--muted); font-size: .88rem; }
.measures td, .measures th { padding-right: 1.6rem; }
.measures td, .matrix tbody th { white-space: nowrap; }
.measures tbody th { min-width: 9rem; }
.measures .value { font-weight: 600; } .measures .against { display: block; font-size: .88rem; }
.measures .place { color: var(--muted); font-size: .8rem; border: 1px solid var(--line);
  border-radius: 99px; padding: 0 .45rem; margin-left: .2rem; }
.matrix th, .matrix td { padding: .3rem .55rem; text-align: center; white-space: nowrap; }
.matrix th:first-child { text-align: left; padding-left: 0; }
.matrix thead th span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 11rem;
  text-align: left; white-space: normal; }
.matrix th:first-child, .measures th:first-child { position: sticky; left: 0; z-index: 1;
  background: var(--bg); }
.matrix .self { color: var(--muted); } .sign { font-size: .8em; }
.gate .sign { font-weight: 700; font-size: 1em; } .matrix.gate .better { background: none; }
.better { color: var(--better); } .worse { color: var(--worse); }
.same { color: var(--same); } .unknown { color: var(--unknown); }
td.worse { background: color-mix(in srgb, var(--worse) 7%, transparent); }
td.better { background: color-mix(in srgb, var(--better) 7%, transparent); }
.key { white-space: nowrap; margin-right: .8rem; }
.sentences { list-style: none; padding: 0; font-size: .93rem; }
@media screen and (max-width: 46rem) {
  .ranking thead { position: absolute; width: 1px; height: 1px; overflow: hidden;
    clip-path: inset(50%); }
  .ranking, .ranking tbody, .ranking caption { display: block; }
  .ranking tbody tr { display: grid; grid-template-columns: 2rem 1fr auto; padding: .5rem 0; }
  .ranking td, .ranking tbody th { padding: 0; min-width: 0; }
  .design > span { overflow-wrap: anywhere; }
  .ranking td:first-child { width: auto; }
  .ranking .track { grid-column: 2 / 4; grid-row: 2; width: auto; margin: .25rem 0; }
  .ranking .against { grid-column: 2 / 4; grid-row: 3; white-space: normal; font-size: .93rem; }
  .measures thead { position: absolute; width: 1px; height: 1px; overflow: hidden;
    clip-path: inset(50%); }
  .measures, .measures tbody, .measures caption { display: block; }
  .measures tbody tr { display: grid; padding: .4rem 0; }
  .measures td { display: grid; grid-template-columns: 1fr auto auto; padding: .05rem 0; }
  .measures td::before { content: attr(data-metric); color: var(--muted); text-align: left; }
  .measures .against { grid-column: 1 / 4; }
  .ranking .value::after { content: " µs"; font-weight: 400; }
}
`

const PAPER = `
@media print {
  body { font-size: 10pt; }
  #shown, #look, #tip, .skip, nav, .chooser { display: none !important; }
  .scroll { background: none; } .scroll table { font-size: 8pt; }
  .scroll table.many th, .scroll table.many td { padding: .15rem; font-size: 5.5pt; }
  .measures.measures .against, .measures .interval, .measures.measures .place { font-size: 1em; }
  .measures.measures th, .measures.measures td { padding-right: .8rem; }
  #figures table, #figures caption { font-size: 5.5pt; }
  #figures th, #figures td { padding: .1rem .2rem .1rem 0; white-space: normal; }
  .ranking.ranking tbody th { min-width: 9rem; } .ranking.ranking .track { min-width: 4rem; }
  section { margin-top: 2rem; } figure, tr, li { break-inside: avoid; }
  h2, h3 { break-after: avoid; } .scroll { overflow: visible; }
  .figures { grid-template-columns: 1fr 1fr; }
}
`

/** The whole sheet. */
export const STYLE: string = `
:root { ${LIGHT} }
@media screen and (prefers-color-scheme: dark) { :root:not([data-look="light"]) { ${DARK} } }
@media screen { :root[data-look="dark"] { ${DARK} } }
${PAGE}${TABLES}${PICTURE_STYLE}${PAPER}`
