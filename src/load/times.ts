/** The generator's histograms of times: read, and put together. */

import {
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js'
import type { EncodedHistogram } from './load-protocol.ts'

/** A histogram of nanoseconds. */
export type Times = Histogram

/** Reads a histogram. */
export function decodeTimes(text: EncodedHistogram): Times {
  return decodeFromCompressedBase64(text)
}

/** All times of several histograms in one. Throws RangeError of none. */
export function mergeTimes(texts: readonly EncodedHistogram[]): EncodedHistogram {
  const [first, ...others] = texts
  if (first === undefined) throw new RangeError('expected at least one histogram, got none')
  const sum = decodeTimes(first)
  for (const other of others) sum.add(decodeTimes(other))
  return encodeIntoCompressedBase64(sum)
}
