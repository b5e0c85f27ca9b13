/** The results of `lancelot bench` for programs: JSON, rows for CSV, and a log of HdrHistograms. */

import { decodeFromCompressedBase64, HistogramLogWriter } from 'hdr-histogram-js'
import { errorsOf, type Times } from './bench-figures.ts'
import type { BenchResult } from './bench-run.ts'
import type { Cell } from './csv.ts'
import type { EncodedHistogram } from './load-protocol.ts'

/** Histograms hold nanoseconds; what is read in their log is ms. */
const NS_PER_MS = 1e6

/** One object with everything that was measured: figures, histograms, seconds. */
export function benchJson(results: readonly BenchResult[], seed: number): object {
  return {
    format: 'lancelot-bench-1',
    seed,
    results: results.map(({ target, step, startedAtMs, seconds, result, ...rest }) => ({
      target,
      step: step.label,
      model: step.model,
      startedAt: new Date(startedAtMs).toISOString(),
      errors: errorsOf(result, step.model.kind),
      ...rest,
      ...(result.tls !== undefined && { tls: result.tls }),
      histograms: {
        responseTimes: result.responseTimes,
        serviceTimes: result.serviceTimes,
        sendLags: result.sendLags,
        connectTimes: result.connectTimes,
      },
      seconds,
    })),
    failed: results.flatMap(({ target, step, failures }) =>
      failures.map(failure => ({ target: target.name, step: step.label, ...failure })),
    ),
  }
}

/** A row for each measurement. */
export function benchRows(results: readonly BenchResult[]): Record<string, Cell>[] {
  return results.map(({ target, step, startedAtMs, result, figures, failures }) => ({
    target: target.name,
    host: target.host,
    port: target.port,
    step: step.label,
    model: step.model.kind,
    startedAt: new Date(startedAtMs).toISOString(),
    rightPerSecond: figures.rate,
    ...figures.counts,
    errors: errorsOf(figures.counts, step.model.kind),
    ...prefixed('response', figures.response),
    ...prefixed('service', figures.service),
    sendLagP99Us: figures.sendLag.p99Us,
    connectionsPeak: figures.connectionsPeak,
    serverCpuPerRequestUs: figures.server?.cpuPerRequestUs,
    serverUserShare: figures.server?.userShare,
    serverSystemShare: figures.server?.systemShare,
    serverResidentBytes: figures.server?.residentBytes,
    loadShare: figures.loadShare,
    stolenShare: figures.stolenShare,
    listenOverflows: figures.listenOverflows,
    tls: result.tls?.version,
    failed: failures.map(({ condition }) => condition).join('; '),
  }))
}

function prefixed(name: string, times: Times): Record<string, Cell> {
  const { meanUs, p50Us, p90Us, p99Us, p999Us, p9999Us, maxUs } = times
  return {
    [`${name}MeanUs`]: meanUs,
    [`${name}P50Us`]: p50Us,
    [`${name}P90Us`]: p90Us,
    [`${name}P99Us`]: p99Us,
    [`${name}P999Us`]: p999Us,
    [`${name}P9999Us`]: p9999Us,
    [`${name}MaxUs`]: maxUs,
  }
}

/**
 * A log in the format of HdrHistogram, which its tools read and draw: a line for each second, with
 * the tag `NAME.STEP` for response times and `NAME.STEP.service` for service times. Values are
 * nanoseconds; the maximum beside them is in ms.
 */
export function benchHdrLog(results: readonly BenchResult[]): string {
  let text = ''
  const writer = new HistogramLogWriter(piece => {
    text += piece
  })
  const baseMs = results[0]?.startedAtMs ?? 0
  writer.outputLogFormatVersion()
  writer.outputComment('[Response and service times in nanoseconds, Interval_Max in ms]')
  writer.outputComment(`[StartTime: ${(baseMs / 1000).toFixed(3)} (seconds since epoch)]`)
  writer.outputLegend()
  const write = (tag: string, from: number, seconds: number, encoded: EncodedHistogram): void => {
    if (encoded === '') return
    const histogram = decodeFromCompressedBase64(encoded)
    histogram.tag = tag
    writer.outputIntervalHistogram(histogram, from, from + seconds, NS_PER_MS)
    histogram.destroy()
  }
  for (const { target, step, startedAtMs, warmMs, seconds } of results) {
    const tag = `${target.name}.${step.label}`.replace(/[\s,=]+/g, '_')
    for (const line of seconds) {
      const from = (startedAtMs + warmMs - baseMs) / 1000 + line.second
      write(tag, from, line.wallUs / 1e6, line.responseTimes)
      write(`${tag}.service`, from, line.wallUs / 1e6, line.serviceTimes)
    }
  }
  return text
}
