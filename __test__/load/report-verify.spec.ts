/** `verify`: what follows from the data is verified, and every change that does not is found. */

import test from 'ava'
import { extractRuns, sealPage } from '../../src/load/report/embedded.ts'
import { renderReport } from '../../src/load/report/page.ts'
import { readRuns } from '../../src/load/report/read-runs.ts'
import { verifyReport } from '../../src/load/report/verify-report.ts'
import type { RunFile } from '../../src/load/run-file.ts'
import { DESIGNS } from './report-designs.ts'
import { makeRun, withoutCpu, withVerdicts } from './report-run.ts'

const run = makeRun()
const page = renderReport([run])

type Changed = { -readonly [Key in keyof RunFile]: RunFile[Key] }

/** What is found when one thing in the data of a report is changed. */
function findingsAfter(change: (run: Changed) => void): string[] {
  const changed = structuredClone(run)
  change(changed)
  return verifyReport(JSON.stringify(changed)).differences
}

test('every verdict of a report follows from its data', t => {
  t.is(run.verdicts.length, 60)
  t.deepEqual(verifyReport(page), { verified: 60, differences: [] })
  const two = renderReport([makeRun({ seed: 5 }), run])
  t.deepEqual(verifyReport(two), { verified: 120, differences: [] })
})

test('a run without verdicts verifies the reason', t => {
  const bad = makeRun({ isInstrumentBad: true })
  t.deepEqual(verifyReport(renderReport([bad])), { verified: 0, differences: [] })
  const [found = ''] = verifyReport(JSON.stringify({ ...bad, noVerdict: 'rain' })).differences
  t.regex(found, /^noVerdict is "rain"; the data gives "/)
})

test('each field of a verdict that was changed is found', t => {
  const changes = {
    verdict: 'no difference',
    ratio: 0.5,
    low: 0.5,
    high: 0.6,
    moreMinutes: 3,
    text: 'poll is fine',
  }
  const at = run.verdicts.findIndex(({ verdict }) => verdict === 'faster')
  const { a, b, metric } = run.verdicts[at] ?? { a: '', b: '', metric: '' }
  for (const [field, value] of Object.entries(changes)) {
    const found = findingsAfter(changed => {
      Object.assign(changed.verdicts[at] ?? {}, { [field]: value })
    })
    t.is(found.length, 1, field)
    const start = `"${a}" against "${b}" by ${metric}: ${field} is ${JSON.stringify(value)}; `
    t.true(found[0]?.startsWith(start), found[0])
  }
})

test('a verdict that is missing, made up or there twice is found', t => {
  const [first] = run.verdicts
  if (!first) throw new Error('a run without verdicts')
  const missing = findingsAfter(changed => {
    changed.verdicts = changed.verdicts.slice(1)
  })
  t.regex(missing.join(), /the verdict is missing/)
  const extra = findingsAfter(changed => {
    changed.verdicts = [...changed.verdicts, { ...first, a: 'textbook-poll' }]
  })
  t.regex(extra.join(), /"textbook-poll" against .* the data gives no such verdict/)
  const twice = findingsAfter(changed => {
    changed.verdicts = [...changed.verdicts, { ...first, ratio: 9 }]
  })
  t.true(twice.length > 0)
})

test('a refusal that was dropped, reworded or made up is found', t => {
  const found = findingsAfter(changed => {
    changed.refused = [
      { name: 'textbook-single', reason: 'slow' },
      { name: 'poll', reason: 'ugly' },
    ]
  })
  t.is(found.length, 3)
  t.regex(found.join('\n'), /refusal of "textbook-poll" is nothing; the data gives "churn/)
  t.regex(found.join('\n'), /refusal of "poll" is "ugly"; the data gives nothing/)
})

test('a measurement that was changed is found where verdicts no longer follow', t => {
  const found = findingsAfter(changed => {
    for (const block of changed.blocks) {
      const values = block.values.callback
      if (values)
        Object.assign(values, { cpuPerRequestUs: values.cpuPerRequestUs.map(each => each / 5) })
    }
  })
  t.true(found.length >= 5)
  t.true(found.every(each => each.includes('"callback"')))
})

test('a gate that was mended by hand is found', t => {
  const found = findingsAfter(changed => {
    for (const { checks } of changed.gate) {
      for (const check of checks) Object.assign(check, { result: 'passed', detail: '' })
    }
  })
  t.true(found.some(each => each.includes('refusal of "textbook-poll"')))
  t.true(found.some(each => each.includes('the verdict is missing')))
})

test('a page whose words were changed is found, though its data is whole', t => {
  const { verified, differences } = verifyReport(page.replace('Refused a rank', 'Recommended'))
  t.is(verified, 60)
  t.is(differences.length, 2)
  t.regex(differences[0] ?? '', /^the page shows "Recommended" where .* gives "Refused a rank"; /)
  t.regex(differences[1] ?? '', /^the file was changed after it was written; /)
})

test('a forged page is found, though its seal is made anew', t => {
  const [verdict] = run.verdicts
  const forged = page.replace(verdict?.text ?? '-', 'poll costs nothing')
  t.not(forged, page)
  const { differences } = verifyReport(sealPage(forged))
  t.is(differences.length, 1)
  t.regex(
    differences[0] ?? '',
    /^the page shows "poll costs nothing" where its data gives "cannot tell /,
  )
})

test('a value that a plot would tell under the pointer is found where it was changed', t => {
  const [, values = ''] = /data-v="([^"]*\/s)"/.exec(page) ?? []
  const { differences } = verifyReport(sealPage(page.replace(values, values.replace(/\d/, '9'))))
  t.is(differences.length, 1)
  t.regex(differences[0] ?? '', /^the page shows "9[\d,]+\/s\|/)
})

test('data in a report that was changed is found, whether or not a verdict rests on it', t => {
  /** What is found when one thing in the data of a page is changed, and nothing else in it. */
  const inPage = (change: (run: Changed) => void): string[] => {
    const changed = structuredClone(run)
    change(changed)
    const text = page.replace(extractRuns(page) ?? '-', () => JSON.stringify([changed]))
    t.not(text, page)
    return verifyReport(text).differences
  }
  const [first] = run.cycles
  if (!first) throw new Error('a run without cycles')
  const rate = inPage(changed => {
    changed.cycles = [{ ...first, rate: first.rate * 1.01 }, ...run.cycles.slice(1)]
  })
  t.regex(rate.join('\n'), /^the page shows "[^"]*" where its data gives /)
  const unseen = inPage(changed => {
    changed.cycles = [{ ...first, serverVoluntarySwitches: 1 }, ...run.cycles.slice(1)]
  })
  t.deepEqual(
    unseen.map(each => each.split(';')[0]),
    ['the file was changed after it was written'],
  )
  const block = inPage(changed => {
    const values = changed.blocks[3]?.values.callback
    if (values) Object.assign(values, { capacity: (values.capacity ?? 0) + 100 })
  })
  t.true(block.some(each => /"callback" by capacity: ratio is /.test(each)))
  const refusal = inPage(changed => {
    changed.refused = []
  })
  t.true(refusal.some(each => each.startsWith('refusal of "textbook-poll" is nothing')))
})

test('reports of every kind verify', t => {
  const early = { blocks: [], cycles: [], spectra: {}, growth: [], limiters: [] }
  const kinds = [
    [makeRun({ designs: DESIGNS.slice(0, 2) })],
    [makeRun({ scatter: 0.9 })],
    [withVerdicts({ ...makeRun({ isInstrumentBad: true }), ...early })],
    [makeRun({ seed: 1 }), makeRun({ seed: 2 }), withVerdicts(withoutCpu(run))],
  ]
  for (const runs of kinds) t.deepEqual(verifyReport(renderReport(runs)).differences, [])
})

test('a file that is no run is refused, and the place at fault is named', t => {
  const refused = (text: string, message: RegExp): void => {
    const error = t.throws(() => readRuns(text, 'a.json'), { message })
    t.is((error as NodeJS.ErrnoException).code, 'ERR_LANCELOT_RUN_FILE')
  }
  /** The run with another value at a path. */
  const edited = (path: string, value: unknown): string => {
    const copy = structuredClone(run)
    const keys = path.split('.')
    const last = keys.pop() ?? ''
    const place = keys.reduce(
      (at, key) => (at as Record<string, object>)[key] ?? {},
      copy as object,
    )
    return JSON.stringify(Object.assign(place, { [last]: value }) && copy)
  }
  refused('', /^a\.json: it is not JSON: /)
  refused('{"a": 1', /^a\.json: it is not JSON: /)
  refused('[]', /^a\.json: it holds no run; /)
  refused('<p>hello</p>', /^a\.json: this page holds no runs; /)
  refused('7', /^a\.json: run is 7; expected is an object; /)
  refused('[7]', /^a\.json: run\[0\] is 7; expected is an object; /)
  refused(
    '{"format":"other"}',
    /run\.format is "other"; expected is one of "lancelot-comparison-1"/,
  )
  refused(
    edited('settings.margins.p99', undefined),
    /run\.settings\.margins\.p99 is nothing; expected is a number/,
  )
  refused(
    edited('blocks.3.values.poll.p50Us.1', null),
    /run\.blocks\[3\]\.values\["poll"\]\.p50Us\[1\] is null; expected is a number/,
  )
  refused(
    edited('gate.1.checks.2.result', 'maybe'),
    /run\.gate\[1\]\.checks\[2\]\.result is "maybe"; expected is one of "passed", "failed", /,
  )
  refused(edited('noVerdict', 3), /run\.noVerdict is 3; expected is a string/)
})

test('a histogram that is none is refused when it is drawn', t => {
  const broken = { ...run, spectra: { ...run.spectra, poll: 'HISTFAAAnonsense' } }
  const error = t.throws(() => renderReport([broken]), { message: /spectra\["poll"\]/ })
  t.is((error as NodeJS.ErrnoException).code, 'ERR_LANCELOT_RUN_FILE')
})
