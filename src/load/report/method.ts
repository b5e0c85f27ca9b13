/** On what, how and with what settings it was measured, and what could not be set. */

import type { RunFile } from '../run-file.ts'
import { factList, section, table } from './figure.ts'
import { type Html, html, type Part } from './html.ts'
import { bytes, figure, moment, percent, tick, whole } from './numbers.ts'
import { confidence } from './ranking.ts'
import { METRIC_WORDS } from './standings.ts'

/** The section of machine and method. */
export function methodSection(run: RunFile): Html {
  return section('method', 'Machine and method', null, [
    html`<h3>Command</h3><pre class="command" tabindex="0" role="region"
aria-label="Command">${run.command}</pre>`,
    html`<div class="columns"><div><h3>Machine</h3>${factList(machineFacts(run))}</div>
<div><h3>Settings</h3>${factList(settingFacts(run))}</div></div>`,
    notSet(run),
    html`<h3>Method</h3>${method(run)}`,
    instrument(run),
    contestants(run),
  ])
}

type Facts = readonly (readonly [string, Part])[]

function machineFacts({ machine, startedAt, finishedAt }: RunFile): Facts {
  return [
    ['CPU', machine.cpu],
    ['cores', whole(machine.cores)],
    ['memory', bytes(machine.memoryBytes)],
    ['kernel', machine.kernel],
    ['congestion control', machine.congestionControl],
    ['Node.js', machine.node],
    ['core of the server', String(machine.serverCore)],
    ['core of the generator', String(machine.loadCore)],
    ['started', moment(startedAt)],
    ['finished', moment(finishedAt)],
  ]
}

function settingFacts(run: RunFile): Facts {
  const { settings } = run
  const margins = Object.entries(settings.margins).map(
    ([metric, margin]) =>
      `${METRIC_WORDS[metric as keyof typeof METRIC_WORDS].name} ${percent(margin)}`,
  )
  return [
    ['seed', String(settings.seed)],
    ['confidence', confidence(run)],
    ['no difference within', margins.join(', ')],
    ['users', whole(settings.users)],
    ['requests at once', whole(settings.depth)],
    ['open load', `${whole(settings.openRate)} requests a second`],
    ['objective of capacity', `p99 at most ${tick(settings.objectiveMs)} ms`],
    ['minutes at most', tick(settings.minutesMax)],
    ['blocks', `${run.blocks.length} (${settings.blocksMin} to ${settings.blocksMax})`],
    ['rounds a block', whole(settings.roundsPerBlock)],
  ]
}

function notSet({ machine }: RunFile): Part {
  if (machine.notSet.length === 0)
    return html`<p class="note">Everything that steady figures need was set.</p>`
  const items = machine.notSet.map(text => html`<li>${text}</li>`)
  return html`<h3>What could not be set</h3><ul>${items}</ul>`
}

function method(run: RunFile): Html {
  const { blocks, settings } = run
  return html`<p>Measured blocks: ${blocks.length}. Each block starts a fresh process of every
design, all on the core of the server, and asks them in turns, in random order: for CPU
${settings.roundsPerBlock} rounds of a closed load, then the open load, then the search for the
capacity. Two designs are compared within a round, which both shared; one block gives one ratio. The
interval over the blocks is on each side the wider of a seeded block bootstrap and Student’s t,
corrected for the number of pairs and of looks at the verdicts.</p>
<p>Response times run from when a request was due, so a server that stalls cannot hide it. The run
ends when every pair is told that can be, or at the limits above. <code>lancelot verify</code>
derives every verdict of this page again from the data in it.</p>`
}

function instrument(run: RunFile): Part {
  if (run.instrument.length === 0) return null
  const rows = run.instrument.map(check => [
    withMicro(check.name),
    withMicro(check.expected),
    amount(check.measured, check.unit),
    amount(check.bound, check.unit),
    check.passed
      ? html`<span class="better">✓ passed</span>`
      : html`<span class="worse">✕ failed</span>`,
  ])
  const columns = ['Check', 'Expected', 'Measured', 'Bound', 'Result']
  const caption = 'The generator against a server whose times are known'
  return html`<h3>Instrument</h3>${table({ caption, columns, rows, isOfWords: true })}`
}

/** A figure of the instrument with its unit. Shares come without one, as `of the time`. */
function amount(value: number, unit: string): string {
  const isShare = /^(of|off|between)\b/.test(unit)
  return `${isShare ? percent(value) : figure(value)} ${withMicro(unit)}`
}

function withMicro(text: string): string {
  return text.replace(/\bus\b/g, 'µs')
}

function contestants(run: RunFile): Part {
  const rows = run.contestants.map(each => [
    each.name,
    each.kind,
    each.summary,
    html`<code>${each.command.join(' ')}</code>`,
  ])
  const columns = ['Design', 'Kind', 'Summary', 'Command']
  const caption = 'What was compared'
  return html`<h3>Designs</h3>${table({ caption, columns, rows, isOfWords: true })}`
}
