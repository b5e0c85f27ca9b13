/** Response times to the last percentile: from the HdrHistograms under the open load. */

import { decodeFromCompressedBase64 } from 'hdr-histogram-js'
import { LancelotError } from '../../errors.ts'
import type { EncodedHistogram } from '../load-protocol.ts'
import type { RunFile } from '../run-file.ts'
import { figures, plotFigure, section } from './figure.ts'
import type { Part } from './html.ts'
import { micros, microsTick, whole } from './numbers.ts'
import type { Line, Point } from './plot.ts'

type Places = ReadonlyMap<string, number>

/** Points for each tenfold of 1 / (1 - p): enough to see every step, few enough to be small. */
const POINTS_PER_DECADE = 6

/** The section of the spectrum. */
export function spectrumSection(run: RunFile, places: Places): Part {
  const lines = Object.entries(run.spectra).map(
    ([name, encoded]): Line => ({
      name,
      index: places.get(name) ?? 0,
      points: percentilePoints(encoded, `spectra[${JSON.stringify(name)}]`),
    }),
  )
  if (lines.length === 0) return null
  const content = {
    title: 'Response time by percentile',
    x: { label: 'percentile', kind: 'log', tick: percentile, ticks: nines(lines) },
    y: { label: 'response time', kind: 'log', tick: microsTick },
    xText: percentile,
    lines,
    marksMax: 6,
  } as const
  const note = `From when a request was due to its answer, under an open load of ${whole(
    run.settings.openRate,
  )} requests a second. Each step to the right is ten times rarer.`
  const lead =
    'A median hides what one in a thousand waits for. Here is every share of the requests.'
  return section('spectrum', 'Response times', lead, [
    figures(plotFigure('spectrum-plot', note, content)),
  ])
}

/**
 * Response times in us at evenly spaced 1 / (1 - p), as far as there are requests to tell them.
 * `place` is where the histogram stands in the file, for the error if it is none.
 */
export function percentilePoints(encoded: EncodedHistogram, place: string): Point[] {
  const histogram = decode(encoded, place)
  try {
    const points: Point[] = []
    const end = Math.floor(Math.log10(Math.max(1, histogram.totalCount)) * POINTS_PER_DECADE)
    for (let step = 0; step <= end; step++) {
      const x = 10 ** (step / POINTS_PER_DECADE)
      const y = Math.max(histogram.getValueAtPercentile(100 * (1 - 1 / x)), 1) / 1000
      points.push({ x, y, text: micros(y) })
    }
    return points
  } finally {
    histogram.destroy()
  }
}

function decode(
  encoded: EncodedHistogram,
  place: string,
): ReturnType<typeof decodeFromCompressedBase64> {
  try {
    return decodeFromCompressedBase64(encoded)
  } catch (cause) {
    const expected = 'its V2 DEFLATE form as base64'
    const message = `${place}: this is not an HdrHistogram; expected is ${expected}`
    throw new LancelotError('ERR_LANCELOT_RUN_FILE', message, { cause })
  }
}

/** `90 %` for 10, `99.9 %` for 1,000. */
function percentile(x: number): string {
  const share = 100 * (1 - 1 / x)
  const decimals = Math.max(0, Math.ceil(Math.log10(x) - 2 - 1e-9))
  const isNines = x >= 100 || x % 10 === 0
  return `${share.toFixed(isNines ? decimals : share % 1 === 0 ? 0 : 1)} %`
}

function nines(lines: readonly Line[]): number[] {
  const last = Math.max(1, ...lines.flatMap(({ points }) => points.map(({ x }) => x)))
  return [2, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7].filter(x => x <= last * 1.001)
}
