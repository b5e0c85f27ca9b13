/** The look of plots and bars. Colours are the page's; `series.ts` says which design has which. */

const SERIES = Array.from({ length: 8 }, (_, index) => `.s${index} { --c: var(--s${index}); }`)

/** The sheet's part for pictures. */
export const PICTURE_STYLE: string = `
${SERIES.join('\n')}
.defs { position: absolute; width: 0; height: 0; }
.badge { fill: var(--c); }
.bar { fill: var(--c); } .track .bar { opacity: .75; }
.whisker { fill: none; stroke: var(--ink); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.figures { display: grid; gap: 2.2rem 3rem; grid-template-columns: minmax(0, 1fr); }
@media (min-width: 68rem) { .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
.multiples { display: grid; gap: 1.5rem 2rem;
  grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); }
.figures:has(> :only-child) { grid-template-columns: minmax(0, 1fr); }
figure { margin: 0; min-width: 0; max-width: 46rem; }
figure h3 { margin: 0 0 .4rem; } figcaption { margin: .2rem 0; max-width: 38rem; }
figure details { margin: .2rem 0 0; }
.multiples h3 { font-size: .95rem; }
.plot { display: block; width: 100%; height: auto; overflow: visible; }
.plot.narrow { display: none; } .multiples .plot.narrow { display: block; }
@media (max-width: 34rem) { .plot.wide { display: none; } .plot.narrow { display: block; } }
.plot text { fill: var(--ink); font-size: 12px; font-variant-numeric: tabular-nums; }
.axes text { fill: var(--muted); } .axes path { fill: none; stroke: var(--muted); }
.axes .grid { stroke: var(--line); }
.stroke { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round;
  stroke-linecap: round; }
.line use, .end use { fill: var(--c); stroke: var(--bg); stroke-width: .75; }
.leader { fill: none; stroke: var(--line); }
.d1 .stroke, .stroke.d1 { stroke-dasharray: 7 4; }
.d2 .stroke, .stroke.d2 { stroke-dasharray: 2 4; }
.plot:has(.line:hover) .line:not(:hover) { opacity: .25; }
.line.off { display: none; }
.area { fill: var(--c); fill-opacity: .22; }
.was { --c: var(--muted); } .was .stroke { stroke-dasharray: 5 4; }
.area.was { fill: url(#hatch); fill-opacity: 1; }
.hatching { stroke: var(--muted); stroke-width: 2; }
.choice { display: none; }
.cross { stroke: var(--muted); stroke-dasharray: 2 3; fill: none; pointer-events: none; }
#tip { position: absolute; z-index: 4; pointer-events: none; background: var(--bg);
  border: 1px solid var(--muted); border-radius: 6px; padding: .45rem .7rem; font-size: .85rem;
  line-height: 1.45; max-width: 22rem; box-shadow: 0 2px 10px rgb(0 0 0 / .15); }
#tip b { display: block; } #tip div { display: flex; gap: .5rem; align-items: baseline; }
#tip div span:last-child { margin-left: auto; padding-left: 1rem;
  font-variant-numeric: tabular-nums; }
.chooser { display: flex; gap: 1rem; flex-wrap: wrap; }
.why { display: grid; gap: 1.6rem 3rem; max-width: none; grid-template-columns: minmax(0, 1fr); }
@media (min-width: 60rem) { .why { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
.why h3 { margin: 0; display: flex; gap: .8rem; align-items: baseline; flex-wrap: wrap; }
.why p { margin: .2rem 0; } .why p::first-letter { text-transform: uppercase; }
.why li { margin: 0; }
.share { width: 100%; height: 1rem; display: block; }
figure > .scroll .share { width: 12rem; } figure > .scroll caption {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.share .all { fill: var(--panel); } .hatch .bar { fill-opacity: .35; stroke: var(--c);
  vector-effect: non-scaling-stroke; }
.why .facts { display: flex; flex-wrap: wrap; gap: 0 1.4rem; font-size: .88rem; }
.why .facts div { display: flex; gap: .4rem; }
`
