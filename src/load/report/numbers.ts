/** Figures as people read them. Always with a point and commas, wherever the report is made. */

const MICROS = [
  { factor: 1e6, unit: 's' },
  { factor: 1e3, unit: 'ms' },
  { factor: 1, unit: 'µs' },
]

const BYTES = [
  { factor: 2 ** 30, unit: 'GiB' },
  { factor: 2 ** 20, unit: 'MiB' },
  { factor: 2 ** 10, unit: 'KiB' },
  { factor: 1, unit: 'B' },
]

/**
 * Three digits that count; whole numbers keep all of theirs: `2.93`, `0.0312`, `31,214`. A dash
 * for what is no number.
 */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (value === 0) return '0'
  const magnitude = Math.floor(Math.log10(Math.abs(value)))
  const decimals = Math.min(6, Math.max(0, 2 - magnitude))
  return value.toLocaleString('en-US', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  })
}

/** As short as a value is exact: for ticks. */
export function tick(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 4 })
}

/** A length of time that is given in us. */
export function micros(value: number): string {
  return scaled(value, MICROS, figure)
}

/** The same, for ticks. */
export function microsTick(value: number): string {
  return scaled(value, MICROS, tick)
}

/** An amount of memory. */
export function bytes(value: number): string {
  return scaled(value, BYTES, figure)
}

/** A share of one as percent. */
export function percent(share: number): string {
  const value = share * 100
  const maximumFractionDigits = Math.abs(value) < 10 ? 1 : 0
  return `${value.toLocaleString('en-US', { maximumFractionDigits })} %`
}

/** A whole number with commas. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/**
 * Two digits that count, very near 1 three decimals: `0.31`, `1.005`, `12.4`, `0.0042`. Beyond a
 * millionth or a million is no ratio: one of the two has no figure.
 */
export function ratio(value: number): string {
  if (value <= 1e-6) return '0'
  if (value >= 1e6) return '∞'
  if (value >= 100) return whole(value)
  if (value >= 10) return value.toFixed(1)
  if (Math.abs(value - 1) < 0.02) return value.toFixed(3)
  return value >= 0.095 ? value.toFixed(2) : String(Number(value.toPrecision(2)))
}

/** The two ends of a ratio's interval. Ends beyond a millionth or a million stand for none. */
export function interval(low: number, high: number): string {
  if (low <= 1e-6 && high >= 1e6) return 'no bound is known'
  if (low <= 1e-6) return `at most ${ratio(high)}`
  return high >= 1e6 ? `at least ${ratio(low)}` : `${ratio(low)} to ${ratio(high)}`
}

/** `2026-11-21 15:02 UTC`; whatever is no date stays as it is. */
export function moment(text: string): string {
  const date = new Date(text)
  return Number.isNaN(date.getTime())
    ? text
    : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

interface Unit {
  readonly factor: number
  readonly unit: string
}

function scaled(value: number, units: readonly Unit[], show: (value: number) => string): string {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  const { factor, unit } = units.find(each => size >= each.factor) ?? {
    factor: 1,
    unit: units.at(-1)?.unit ?? '',
  }
  return `${show(value / factor)} ${unit}`
}
