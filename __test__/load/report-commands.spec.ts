/** `lancelot report` and `lancelot verify`: what they write and print, and how they exit. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { readRuns } from '../../src/load/report/read-runs.ts'
import { run } from '../cli/run-cli.ts'
import { makeRun } from './report-run.ts'

const made = makeRun()

/** A folder with the run as a file in it. */
async function folderWithRun(t: ExecutionContext): Promise<{ folder: string; file: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'lancelot-report-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'run.json')
  await writeFile(file, JSON.stringify(made))
  return { folder, file }
}

test('report draws runs, and a report again; verify verifies what it drew', async t => {
  const { folder, file } = await folderWithRun(t)
  const out = join(folder, 'report.html')
  const drawn = await run(t, 'report', file, '--out', out)
  t.is(drawn.code, 0, drawn.stderr)
  const page = await readFile(out, 'utf8')
  t.is(drawn.stdout, `${out}: 1 run, ${Buffer.byteLength(page)} bytes\n`)
  t.deepEqual(readRuns(page), [made])
  const again = await run(t, 'report', out, file, '--out', join(folder, 'two.html'), '--json')
  t.is((JSON.parse(again.stdout) as { runs: number }).runs, 2)
  const verified = await run(t, 'verify', out)
  t.deepEqual(verified, { code: 0, stdout: '60 verdicts verified\n', stderr: '' })
})

test('a place where no report can be written is named, and is wrong use', async t => {
  const { folder, file } = await folderWithRun(t)
  const { code, stderr } = await run(t, 'report', file, '--out', join(folder, 'none', 'a.html'))
  t.is(code, 2)
  t.regex(stderr, /a\.html cannot be written: .* \(ERR_LANCELOT_OPTION_RANGE\)\n$/)
})

test('verify exits with 1 and says what does not follow', async t => {
  const { folder } = await folderWithRun(t)
  const file = join(folder, 'forged.json')
  const [first, ...others] = made.verdicts
  await writeFile(file, JSON.stringify({ ...made, verdicts: [{ ...first, ratio: 9 }, ...others] }))
  const { code, stdout } = await run(t, 'verify', file)
  t.is(code, 1)
  t.regex(
    stdout,
    /^".*" against ".*" by \w+: ratio is 9; the data gives [\d.]+\n59 .* verified, 1 difference\n$/,
  )
  const asJson = await run(t, 'verify', file, '--json')
  t.is(asJson.code, 1)
  t.is((JSON.parse(asJson.stdout) as { verified: number }).verified, 59)
})

test('a file that is missing or malformed is named, with its code', async t => {
  const { folder } = await folderWithRun(t)
  const missing = await run(t, 'verify', join(folder, 'none.html'))
  t.is(missing.code, 1)
  t.regex(missing.stderr, /none\.html: there is no such file; .* \(ERR_LANCELOT_RUN_FILE\)\n$/)
  const file = join(folder, 'bad.json')
  await writeFile(file, '{"format":"lancelot-comparison-1"}')
  const bad = await run(t, 'report', file, '--out', join(folder, 'out.html'), '--json')
  t.is(bad.code, 1)
  const { error } = JSON.parse(bad.stderr) as { error: { code: string; message: string } }
  t.is(error.code, 'ERR_LANCELOT_RUN_FILE')
  t.regex(error.message, /bad\.json: run\.title is nothing; expected is a string/)
})
