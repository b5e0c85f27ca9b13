/** A whole comparison, short, and one whose generator is starved. */

import { fileURLToPath } from 'node:url'
import test from 'ava'
import { defaultSettings, runComparison } from '../../src/load/comparison.ts'
import {
  architectureContestant,
  type Contestant,
  commandContestant,
} from '../../src/load/contestants.ts'
import { startGenerator } from '../../src/load/generator.ts'
import { checkInstrument, INSTRUMENT_TIMES_QUICK } from '../../src/load/instrument.ts'
import { LOAD_CORE } from '../../src/load/machine.ts'
import { METRICS, type RunFile } from '../../src/load/run-file.ts'
import { deriveVerdicts } from '../../src/load/verdicts.ts'

const SEED = 11
const BROKEN = fileURLToPath(new URL('./broken-server.mjs', import.meta.url))
const STARVE = fileURLToPath(new URL('../../bench/starve.mjs', import.meta.url))
const STARVED = [process.execPath, STARVE, '0.2']

function broken(name: string, fault: string) {
  return commandContestant(`${name}='${process.execPath}' '${BROKEN}' '${fault}' {port}`)
}

/** The parts of all contestants that ran in a block. */
function measured(run: RunFile): string[] {
  return [...new Set(run.blocks.flatMap(({ values }) => Object.keys(values)))].sort()
}

test.serial('every part of a comparison is in its file, and verdicts follow from it', async t => {
  const notes: string[] = []
  const run = await runComparison({
    contestants: [
      architectureContestant('poll', 'native'),
      architectureContestant('callback', 'JavaScript'),
      broken('wrong', 'wrong case'),
      commandContestant('gone=no-such-program-of-anybody {port}'),
    ],
    title: 'test',
    command: 'lancelot compare',
    settings: { seed: SEED },
    isQuick: true,
    progress: { step: () => {}, note: text => notes.push(text) },
  })
  t.log(run.noVerdict, notes)
  const { refused } = run
  t.deepEqual(
    refused.map(({ name }) => name),
    ['wrong', 'gone'],
  )
  t.regex(refused[0]?.reason ?? '', /^questions: .*MY NAME/)
  t.regex(refused[1]?.reason ?? '', /^starting: gone ended/)
  t.is(run.blocks.length, 2)
  t.deepEqual(measured(run), ['callback', 'poll'])
  for (const { values, order, seconds } of run.blocks) {
    t.is(order.length, 2)
    t.true(seconds > 0)
    for (const each of Object.values(values)) {
      t.is(each.cpuPerRequestUs.length, run.settings.roundsPerBlock)
      t.true(each.cpuPerRequestUs.every(value => value > 0))
      t.is(each.p50Us.length, 1)
      t.is(each.p99Us.length, 1)
    }
  }
  t.true(run.settings.openRate >= 50)
  t.deepEqual(Object.keys(run.spectra).sort(), ['callback', 'poll'])
  t.deepEqual(
    run.cycles.filter(({ name }) => name === 'poll').map(({ users }) => users),
    [1, 2, 3, 5, 7, 10, 13, 16, 20],
  )
  t.true(
    run.growth.some(({ name, axis, at }) => name === 'poll' && axis === 'pipelining' && at === 64),
  )
  t.deepEqual(
    run.limiters.map(({ name }) => name),
    ['poll', 'callback'],
  )
  t.true(run.limiters.every(({ timeline }) => timeline.length > 0))
  t.deepEqual(deriveVerdicts(run), pick(run))
  t.true(
    run.noVerdict === null ? run.verdicts.length === METRICS.length : run.verdicts.length === 0,
  )
})

function pick({ verdicts, refused, noVerdict }: RunFile) {
  return { verdicts, refused, noVerdict }
}

/** The blocks alone, for one metric. */
function compareShortly(contestants: readonly Contestant[]): Promise<RunFile> {
  return runComparison({
    contestants,
    title: 'test',
    command: '',
    settings: { seed: SEED },
    metrics: ['cpuPerRequest'],
    leaveOut: ['instrument', 'gate', 'explanation'],
    isQuick: true,
  })
}

test.serial('one metric, and nothing that explains, can be asked for', async t => {
  const run = await compareShortly([broken('a', 'none'), broken('b', 'none')])
  const { gate, cycles, growth, limiters, spectra, instrument } = run
  t.deepEqual(
    gate.map(({ checks }) => checks),
    [[], []],
  )
  t.deepEqual([cycles, growth, limiters, spectra], [[], [], [], {}])
  t.true(instrument.every(({ name }) => name.startsWith('blocks')))
  const values = run.blocks[0]?.values.a
  t.is(values?.cpuPerRequestUs.length, 2)
  t.deepEqual([values?.p50Us, values?.p99Us, values?.capacity], [[], [], null])
})

test.serial('answers that are wrong under load alone are found, and refused', async t => {
  const run = await compareShortly([broken('good', 'none'), broken('bad', 'twice')])
  t.deepEqual(
    run.refused.map(({ name }) => name),
    ['bad'],
  )
  t.regex(run.refused[0]?.reason ?? '', /^the closed load: \d+ answers wrong/)
  t.deepEqual(run.verdicts, [])
})

test.serial('a design that dies under load is refused, and the others go on', async t => {
  const mortal = broken('mortal', 'dies of many')
  const run = await compareShortly([broken('a', 'none'), mortal, broken('b', 'none')])
  t.deepEqual(
    run.refused.map(({ name }) => name),
    ['mortal'],
  )
  t.regex(run.refused[0]?.reason ?? '', /: the server died \(exit code 5\)$/)
  t.is(run.blocks.length, 2)
  t.deepEqual(Object.keys(run.blocks[1]?.values ?? {}).sort(), ['a', 'b'])
})

test.serial('when the time is over nothing more is begun, and that is the reason', async t => {
  const { gate, blocks, noVerdict } = await runComparison({
    contestants: [broken('a', 'none'), broken('b', 'none')],
    title: 'test',
    command: '',
    settings: { seed: SEED, minutesMax: 1e-6 },
    leaveOut: ['instrument'],
  })
  t.deepEqual(
    gate.map(({ checks }) => checks),
    [[], []],
  )
  t.deepEqual(blocks, [])
  t.is(noVerdict, '0 of at least 2 blocks measured: give it more time')
})

test('more minutes may hold more blocks, and so tell more', t => {
  const blocksMax = [0.1, 10, 24].map(minutes => defaultSettings(false, minutes).blocksMax)
  t.deepEqual(blocksMax, [6, 80, 192])
})

test.serial('a generator that has a fifth of a core gives no verdict', async t => {
  const run = await runComparison({
    contestants: [broken('a', 'none'), broken('b', 'none')],
    title: 'test',
    command: '',
    settings: { seed: SEED },
    metrics: ['cpuPerRequest'],
    leaveOut: ['gate', 'explanation'],
    isQuick: true,
    generatorPrefix: STARVED,
  })
  t.deepEqual(run.verdicts, [])
  t.regex(run.noVerdict ?? '', /the instrument failed its check/)
})

test.serial('the instrument itself sees that a generator is starved', async t => {
  const generator = await startGenerator(LOAD_CORE, STARVED)
  t.teardown(() => generator.stop())
  const checks = await checkInstrument(generator, INSTRUMENT_TIMES_QUICK)
  const failed = checks.filter(({ passed }) => !passed).map(({ name }) => name)
  t.true(failed.includes('send lag, p99'), failed.join(', '))
})
