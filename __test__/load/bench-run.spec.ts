/** What becomes of the generator's results: commands, figures, warnings, tables, files. */

import test from 'ava'
import { HistogramLogReader } from 'hdr-histogram-js'
import { benchHdrLog, benchJson, benchRows } from '../../src/load/bench-export.ts'
import { figuresOf, warningsOf } from '../../src/load/bench-figures.ts'
import { planBench } from '../../src/load/bench-plan.ts'
import { benchResults } from '../../src/load/bench-run.ts'
import { benchText, failureTexts } from '../../src/load/bench-text.ts'
import { toCsv } from '../../src/load/csv.ts'
import { parseFailIf } from '../../src/load/fail-if.ts'
import type { Model } from '../../src/load/load-protocol.ts'
import { FakeGenerator, FakeView, histogramOf, measured, runResult } from './bench-results.ts'

const OPEN: Model = { kind: 'open', rate: 100, arrivals: 'constant', connections: 1 }

test('every target goes through every step, one after the other, and the view is told', async t => {
  const generator = new FakeGenerator()
  const view = new FakeView()
  const bench = {
    targets: [
      { name: 'a', host: '127.0.0.1', port: 1, pid: 9 },
      { name: 'b', host: '::1', port: 2 },
    ],
    plan: planBench({ cycles: [1, 2], idle: 5, seed: 3, seconds: 2 }),
    exchanges: [['a?', 'b']] as const,
    greeting: 'hello',
    conditions: [],
  }
  const names: string[] = []
  for await (const { target, step } of benchResults(generator, bench, view)) {
    names.push(`${target.name} ${step.label}`)
  }
  t.deepEqual(names, ['a 1 user', 'a 2 users', 'b 1 user', 'b 2 users'])
  t.like(generator.commands[0], { ...bench.plan.common, host: '127.0.0.1', port: 1, pid: 9 })
  t.like(generator.commands[3], { host: '::1', port: 2, exchanges: [['a?', 'b']], idle: 5 })
  t.false('pid' in (generator.commands[3] ?? {}))
  const began = { target: 'a', step: '1 user', kind: 'closed', number: 1, of: 4, measureMs: 2000 }
  t.like(view.told[0], began)
  t.deepEqual(view.told.slice(1, 4), [0, 1, 'end'])
})

test('what was measured before the generator fails is given, and the view ends', async t => {
  const view = new FakeView()
  const generator = new FakeGenerator()
  const failing = {
    run: (...words: Parameters<FakeGenerator['run']>) => {
      if (generator.commands.length === 1) throw new Error('it broke')
      return generator.run(...words)
    },
  }
  const targets = [{ name: 'a', host: '127.0.0.1', port: 1 }]
  const bench = { targets, plan: planBench({ cycles: [1, 2] }), conditions: [] }
  const given: string[] = []
  await t.throwsAsync(
    async () => {
      for await (const { step } of benchResults(failing, bench, view)) given.push(step.label)
    },
    { message: 'it broke' },
  )
  t.deepEqual(given, ['1 user'])
  t.is(view.told.at(-1), 'end')
})

test('figures are rates, shares of a core, and percentiles of both kinds of time', t => {
  const times = Array.from({ length: 1000 }, (_, index) => index + 1)
  const result = runResult({
    wallUs: 2_000_000,
    responseTimes: histogramOf(times),
    serviceTimes: histogramOf([7]),
  })
  const figures = figuresOf(result, true)
  t.is(figures.rate, 50)
  t.is(figures.loadShare, 0.15)
  t.like(figures.server, { cpuPerRequestUs: 20, userShare: 0.25, systemShare: 0.125 })
  const { response, service, sendLag } = figures
  const near = (found: number | undefined, us: number): void => {
    t.true(Math.abs((found ?? 0) - us) <= us / 500, `${found} is about ${us}`)
  }
  near(response.p50Us, 500)
  near(response.p99Us, 990)
  near(response.p999Us, 999)
  near(response.maxUs, 1000)
  near(response.meanUs, 500.5)
  near(service.p9999Us, 7)
  t.deepEqual(sendLag, { count: 0 })
  t.is(figuresOf(result, false).server, undefined)
})

test('it is said when the generator was the limit, and what a closed load hides', t => {
  const warnings = (fields: Parameters<typeof runResult>[0], model: Model = OPEN): string[] =>
    warningsOf(figuresOf(runResult(fields), true), model)
  t.deepEqual(warnings({}), [])
  t.regex(warnings({ loadCpuUs: 960_000 })[0] ?? '', /used 96 % of its core: it was the limit/)
  t.regex(warnings({ sendLags: histogramOf([1500]) })[0] ?? '', /left 1\.50 ms or more after/)
  t.deepEqual(warnings({ sendLags: histogramOf([900]) }), [])
  t.regex(warnings({ loadStolenUs: 100_000 })[0] ?? '', /waiting for 10 % of the time/)
  t.regex(warnings({ listenOverflows: 1200 })[0] ?? '', /turned 1,200 connections away/)
  t.regex(warnings({}, { kind: 'closed', users: 1 })[0] ?? '', /^Closed load: .* use --rate/)
})

test('people get tables, warnings once, and which condition came true', async t => {
  const conditions = [parseFailIf('p99 > 2ms'), parseFailIf('p50 > 1us')]
  const results = await measured({ cycles: [1, 2] }, { conditions })
  const text = benchText(results)
  t.regex(
    text,
    /right\/s +right +wrong +lost +late +refused +unanswered\n +poll, 1 user +100 +100 +0/,
  )
  t.regex(text, /mean +p50 +p90 +p99 +p99\.9 +p99\.99 +max\n +poll, 1 user +response +0\.0505 /)
  t.regex(text, /poll, 2 users +20\.0 +50 % +25 % +1\.00 MiB +0\.500 +30 %/)
  t.is(text.split('Closed load').length, 2)
  t.true(text.split('\n').every(line => line === line.trimEnd()))
  t.deepEqual(failureTexts(results), [
    'p50 > 1us came true for poll, 1 user: 50.0 µs',
    'p50 > 1us came true for poll, 2 users: 50.0 µs',
  ])
})

test('errors are said with their share, and so is a server that was not found', async t => {
  const targets = [{ name: 'poll', host: '127.0.0.1', port: 1060 }]
  const erring = new FakeGenerator({ wrong: 1, lost: 1 })
  const text = benchText(await measured({ rate: 100 }, { targets }, erring))
  t.regex(text, /! poll, 100 requests\/s \(poisson\): 2 requests \(2 %\) did not get their right/)
  t.regex(text, /! The process that listens at 127\.0\.0\.1:1060 was not found/)
})

test('JSON holds everything, and the rows of CSV have one shape', async t => {
  const conditions = [parseFailIf('p50 > 1us')]
  const results = await measured({ cycles: [1, 2], seed: 5 }, { conditions })
  const json = JSON.parse(JSON.stringify(benchJson(results, 5)))
  t.like(json, { format: 'lancelot-bench-1', seed: 5 })
  t.is(json.results.length, 2)
  t.like(json.results[0], {
    target: { name: 'poll', host: '127.0.0.1', port: 1060, pid: 7 },
    step: '1 user',
    model: { kind: 'closed', users: 1 },
    errors: 0,
  })
  t.is(json.results[0].figures.rate, 100)
  t.is(json.results[0].histograms.responseTimes, results[0]?.result.responseTimes)
  t.is(json.results[0].seconds[1].wrong, 2)
  t.deepEqual(json.failed[1], {
    target: 'poll',
    step: '2 users',
    condition: 'p50 > 1us',
    found: '50.0 µs',
  })
  const unsampled = await measured({}, { targets: [{ name: 'x', host: '::1', port: 1 }] })
  const rows = benchRows([...results, ...unsampled])
  const columns = rows.map(row => Object.keys(row).join())
  t.is(new Set(columns).size, 1)
  const [head = '', first = ''] = toCsv(rows).split('\r\n')
  t.regex(head, /^target,host,port,step,model,startedAt,rightPerSecond,due,right,wrong/)
  t.regex(first, /^poll,127\.0\.0\.1,1060,1 user,closed,.*,100,100,100,0/)
})

test('cells with commas, quotes and line ends are quoted', t => {
  const rows = [
    { a: 'x,y', b: 'say "no"' },
    { a: 'two\nlines', b: undefined },
  ]
  t.is(toCsv(rows), 'a,b\r\n"x,y","say ""no"""\r\n"two\nlines",\r\n')
  t.is(toCsv([]), '\r\n')
})

test('the log of histograms is read by HdrHistogram, a line for each second', async t => {
  const log = benchHdrLog(await measured({ rate: 100, warmSeconds: 2 }))
  t.regex(log, /^#\[Histogram log format version 1\.3\]\n/)
  const reader = new HistogramLogReader(log)
  const first = reader.nextIntervalHistogram()
  t.is(first?.tag, 'poll.100_requests/s_(poisson)')
  t.is(first?.totalCount, 100)
  t.is(first?.getValueAtPercentile(50), 50_015)
  t.is(reader.nextIntervalHistogram()?.tag, 'poll.100_requests/s_(poisson).service')
  const lines = log.split('\n').filter(line => line.startsWith('Tag='))
  t.deepEqual(
    lines.map(line => line.split(',').slice(1, 3).map(Number)),
    [
      [2, 1],
      [2, 1],
      [3, 1],
      [3, 1],
    ],
  )
})
