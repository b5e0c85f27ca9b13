/** What a report says first: who is best, how surely, and who has no figure. */

import test from 'ava'
import { renderReport } from '../../src/load/report/page.ts'
import type { RunFile } from '../../src/load/run-file.ts'
import { DESIGNS, MANY } from './report-designs.ts'
import { makeRun, onlyCpu, withoutCpu, withVerdicts } from './report-run.ts'

const run = makeRun()

test('the first sentence names the best, or how many cannot be told apart', t => {
  const first = (of: RunFile): string =>
    (/<p class="lead">(.*?)<\/p>/.exec(renderReport([of]))?.[1] ?? '').replace(/<[^>]*>/g, '')
  t.is(
    first(run),
    'poll seems to cost the least CPU per request: 2.91 µs. This run cannot tell it from ' +
      'multi-loop. Surely behind: poll-syscall, thread-pool, callback and asyncio.',
  )
  const two = makeRun({ designs: DESIGNS.filter(({ name }) => /^(poll|asyncio)$/.test(name)) })
  t.regex(
    first(two),
    /^poll costs the least CPU .*: \S+ µs\. The other, asyncio, costs 10\.\d times as much\.$/,
  )
  const unsure = first(makeRun({ scatter: 1.5, designs: DESIGNS.slice(0, 3) }))
  t.regex(
    unsure,
    /^This run cannot tell which of .* costs the least CPU .*: \S+ to \S+ µs were measured\.$/,
  )
  const many = first(makeRun({ scatter: 0.9, designs: MANY }))
  t.regex(many, /^[\w-]+ seems to cost .* This run cannot tell it from \d+ other designs\./)
  const noCpu = withVerdicts(withoutCpu(run))
  t.regex(
    first(noCpu),
    /^poll seems to carry the most: at least [\d,]+ requests a second with a p99 /,
  )
  t.regex(renderReport([noCpu]), /Capacity: each design against each/)
  const cpuAlone = withVerdicts(onlyCpu(run))
  t.notRegex(renderReport([cpuAlone]), /class="measures"|Pairs by the other measures/)
})

test('a title that only lists many designs gives way to their number', t => {
  const names = run.contestants.map(({ name }) => name).join(', ')
  t.regex(renderReport([{ ...run, title: names }]), /<h1>8 server designs compared<\/h1>/)
  t.regex(renderReport([{ ...run, title: 'Mine' }]), /<h1>Mine<\/h1>/)
})

test('a design that met the objective at no rate has no capacity, and is last', t => {
  const blocks = run.blocks.map(block => {
    const asyncio = block.values.asyncio
    if (!asyncio) throw new Error('a block without asyncio')
    const none = { ...asyncio, capacity: null, capacityIsGenerators: false }
    return { ...block, values: { ...block.values, asyncio: none } }
  })
  const text = renderReport([withVerdicts({ ...run, blocks })])
  const row =
    /<table class="measures"[\s\S]*?asyncio<\/span>[\s\S]*?<td[^>]*>([\s\S]*?)<\/td>/.exec(text)
  t.regex(row?.[1] ?? '', /at no rate<\/span> <span class="place">6</)
})

test('what was left out for want of time is named', t => {
  const few = run.cycles.filter(({ name }) => name !== 'asyncio')
  t.regex(
    renderReport([{ ...run, cycles: few }]),
    /users\. Not measured, for want of time: asyncio\./,
  )
  t.notRegex(renderReport([run]), /Not measured/)
})
