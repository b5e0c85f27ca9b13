/**
 * The shape of a comparison's file as data, and a check against it that names the first place at
 * fault. What it says of types is what `run-file.ts` says; what figures mean is not its concern.
 */

import { METRICS } from '../run-file.ts'

/** What may stand at a place. Fields that a shape does not name may be there too. */
export type Shape =
  | 'text'
  | 'number'
  | 'boolean'
  | { readonly list: Shape }
  | { readonly byName: Shape }
  | { readonly fields: Readonly<Record<string, Shape>> }
  | { readonly oneOf: readonly string[] }
  | { readonly orNull: Shape }
  | { readonly optional: Shape }

/** The first fault as a sentence that names its place, or undefined where all is well. */
export function findFault(value: unknown, shape: Shape, place: string): string | undefined {
  if (typeof shape === 'string') {
    if (shape === 'number' && Number.isFinite(value)) return undefined
    const kind = shape === 'text' ? 'string' : shape
    if (shape !== 'number' && typeof value === kind) return undefined
    return fault(place, value, shape === 'number' ? 'a number' : `a ${kind}`)
  }
  if ('optional' in shape) {
    return value === undefined ? undefined : findFault(value, shape.optional, place)
  }
  if ('orNull' in shape) return value === null ? undefined : findFault(value, shape.orNull, place)
  if ('oneOf' in shape) {
    return shape.oneOf.includes(value as string)
      ? undefined
      : fault(place, value, `one of ${shape.oneOf.map(each => JSON.stringify(each)).join(', ')}`)
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) return fault(place, value, 'a list')
    return first(value, (each, index) => findFault(each, shape.list, `${place}[${index}]`))
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fault(place, value, 'an object')
  }
  if ('byName' in shape) {
    return first(Object.entries(value), ([name, each]) =>
      findFault(each, shape.byName, `${place}[${JSON.stringify(name)}]`),
    )
  }
  const fields = value as Record<string, unknown>
  return first(Object.entries(shape.fields), ([name, each]) =>
    findFault(fields[name], each, `${place}.${name}`),
  )
}

function first<T>(
  list: readonly T[],
  find: (each: T, index: number) => string | undefined,
): string | undefined {
  for (const [index, each] of list.entries()) {
    const found = find(each, index)
    if (found !== undefined) return found
  }
  return undefined
}

function fault(place: string, value: unknown, expected: string): string {
  const found = value === undefined ? 'nothing' : excerpt(JSON.stringify(value) ?? typeof value)
  return `${place} is ${found}; expected is ${expected}`
}

function excerpt(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

const numbers = (...names: readonly string[]): Record<string, Shape> =>
  Object.fromEntries(names.map(name => [name, 'number']))
const texts = (...names: readonly string[]): Record<string, Shape> =>
  Object.fromEntries(names.map(name => [name, 'text']))
const listOf = (fields: Readonly<Record<string, Shape>>): Shape => ({ list: { fields } })

const machine: Shape = {
  fields: {
    ...texts('cpu', 'kernel', 'congestionControl', 'node'),
    ...numbers('cores', 'memoryBytes', 'serverCore', 'loadCore'),
    notSet: { list: 'text' },
  },
}

const settings: Shape = {
  fields: {
    ...numbers('seed', 'confidence', 'users', 'depth', 'openRate', 'objectiveMs', 'minutesMax'),
    ...numbers('blocksMin', 'blocksMax', 'roundsPerBlock'),
    margins: { fields: numbers(...METRICS) },
  },
}

const gate: Shape = listOf({
  name: 'text',
  checks: listOf({
    ...texts('name', 'detail'),
    result: { oneOf: ['passed', 'failed', 'noted'] },
  }),
})

const blocks: Shape = listOf({
  ...numbers('number', 'seconds'),
  order: { list: 'text' },
  values: {
    byName: {
      fields: {
        cpuPerRequestUs: { list: 'number' },
        p50Us: { list: 'number' },
        p99Us: { list: 'number' },
        capacity: { orNull: 'number' },
        capacityIsGenerators: 'boolean',
      },
    },
  },
})

const cycles: Shape = listOf({
  ...texts('name', 'responseTimes'),
  ...numbers('users', 'rate', 'p50Us', 'p90Us', 'p99Us'),
  ...numbers('due', 'right', 'wrong', 'lost', 'late', 'refused', 'unanswered'),
  ...numbers('wallUs', 'serverCpuUs', 'serverUserUs', 'serverSystemUs'),
  ...numbers('serverVoluntarySwitches', 'serverInvoluntarySwitches', 'serverResidentBytes'),
  ...numbers('serverAnonymousBytes', 'serverThreads', 'serverProcesses', 'listenOverflows'),
  ...numbers('loadCpuUs', 'loadStolenUs'),
})

const growth: Shape = listOf({
  name: 'text',
  axis: { oneOf: ['connections', 'pipelining'] },
  ...numbers('at', 'cpuPerRequestUs'),
  bytesPerConnection: { optional: 'number' },
})

const limiters: Shape = listOf({
  ...texts('name', 'limiter', 'text'),
  ...numbers('userShare', 'systemShare', 'loadShare', 'switchesPerRequest'),
  eventLoopDelayP99Us: { optional: 'number' },
  timeline: listOf({
    ...numbers('second', 'rate', 'p50Us', 'p99Us', 'serverCpuShare', 'loadCpuShare'),
    serverResidentBytes: 'number',
  }),
})

const verdicts: Shape = listOf({
  ...texts('a', 'b', 'text'),
  metric: { oneOf: METRICS },
  ...numbers('ratio', 'low', 'high'),
  verdict: { oneOf: ['faster', 'slower', 'no difference', 'cannot tell'] },
  moreMinutes: { optional: 'number' },
})

/** A whole run. */
export const RUN_SHAPE: Shape = {
  fields: {
    format: { oneOf: ['lancelot-comparison-1'] },
    ...texts('title', 'command', 'startedAt', 'finishedAt'),
    machine,
    settings,
    contestants: listOf({
      ...texts('name', 'summary'),
      kind: { oneOf: ['architecture', 'command'] },
      command: { list: 'text' },
    }),
    gate,
    instrument: listOf({
      ...texts('name', 'expected', 'unit'),
      ...numbers('measured', 'bound'),
      passed: 'boolean',
    }),
    blocks,
    cycles,
    spectra: { byName: 'text' },
    growth,
    limiters,
    verdicts,
    refused: listOf(texts('name', 'reason')),
    noVerdict: { orNull: 'text' },
  },
}
