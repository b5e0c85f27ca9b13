/** The sentences of verdicts. Pure; what is found stands in `verdicts.ts`. */

import type { PairEvidence } from './pair-evidence.ts'
import type { Settings, Verdict } from './run-file.ts'

/** A verdict without its sentence, and what the sentence needs besides. */
export interface Finding extends Omit<Verdict, 'text' | 'moreMinutes'> {
  evidence: PairEvidence
  settings: Pick<Settings, 'confidence' | 'margins' | 'objectiveMs'>
  moreMinutes: number | undefined
}

/** The sentence for people. */
export function verdictText(finding: Finding): string {
  const { evidence, verdict } = finding
  if (evidence.missingA + evidence.missingB > 0) return missingText(finding) + boundText(finding)
  const sentence =
    verdict === 'cannot tell'
      ? cannotTellText(finding)
      : verdict === 'no difference'
        ? sameText(finding)
        : `${claim(finding)} (${interval(finding)})`
  return `${sentence}${boundText(finding)}`
}

/** `poll costs 0.31 x the CPU of callback per request` */
function claim({ a, b, metric, ratio, settings }: Finding): string {
  const times = `${ratioText(ratio)} x`
  if (metric === 'cpuPerRequest') return `${a} costs ${times} the CPU of ${b} per request`
  if (metric === 'capacity') {
    return `${a} carries ${times} the rate of ${b} with a p99 within ${settings.objectiveMs} ms`
  }
  return `${a} has ${times} the ${metric} response time of ${b}`
}

function sameText(finding: Finding): string {
  const { a, b, metric, ratio, settings } = finding
  const within = `within ${percent(settings.margins[metric])}`
  const found = `${ratioText(ratio)} x, ${interval(finding)}`
  return `${a} and ${b} ${likeness(finding)} ${within} (${found})`
}

function likeness({ metric, settings }: Finding): string {
  if (metric === 'cpuPerRequest') return 'cost the same CPU per request'
  if (metric === 'capacity') {
    return `carry the same rate with a p99 within ${settings.objectiveMs} ms`
  }
  return `have the same ${metric} response time`
}

function cannotTellText(finding: Finding): string {
  const { a, b, ratio, moreMinutes, evidence } = finding
  if (evidence.logRatios.length < 2) {
    return `cannot tell whether ${a} or ${b} ${question(finding)}: less than two blocks have both`
  }
  const figures = `${ratioText(ratio)} x, ${interval(finding)}`
  const sentence = `cannot tell whether ${a} or ${b} ${question(finding)} (${figures})`
  if (evidence.isLeast || evidence.isMost) return sentence
  if (moreMinutes === undefined) return `${sentence}; no sensible time would`
  return `${sentence}; about ${moreMinutes} more ${moreMinutes === 1 ? 'minute' : 'minutes'} would`
}

function question({ metric }: Finding): string {
  if (metric === 'cpuPerRequest') return 'costs less CPU per request'
  if (metric === 'capacity') return 'carries more'
  return `has the lower ${metric} response time`
}

/** Where the generator was the limit of a design, its true capacity may be greater. */
function boundText({ a, b, evidence }: Finding): string {
  const limited = [...(evidence.isLeast ? [a] : []), ...(evidence.isMost ? [b] : [])]
  if (limited.length === 0) return ''
  return `; the generator was the limit of ${limited.join(' and ')}, which may carry more`
}

function missingText({ a, b, verdict, evidence, settings }: Finding): string {
  const { missingA, missingB, blocks } = evidence
  const part = (name: string, missing: number): string[] =>
    missing === 0 ? [] : [`${name} met it in ${blocks - missing} of ${blocks} blocks`]
  const parts = [...part(a, missingA), ...part(b, missingB)].join(', ')
  const objective = `a p99 within ${settings.objectiveMs} ms`
  if (verdict === 'cannot tell') {
    return `cannot tell whether ${a} or ${b} carries more with ${objective}: ${parts}`
  }
  const [better, worse] = missingA > 0 ? [b, a] : [a, b]
  return `${worse} has ${objective} at no rate, and ${better} has it: ${parts}`
}

function interval({ low, high, settings }: Finding): string {
  return `${percent(settings.confidence)} ${ratioText(low)} to ${ratioText(high)}`
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`
}

/** Two digits after the point; near 1, where the third decides, three. */
function ratioText(ratio: number): string {
  if (ratio <= 1e-6) return '0'
  if (ratio >= 1e6) return 'any'
  if (Math.abs(ratio - 1) < 0.095) return ratio.toFixed(3)
  return ratio < 0.095 || ratio >= 99.5 ? String(Number(ratio.toPrecision(2))) : ratio.toFixed(2)
}
