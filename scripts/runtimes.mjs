/**
 * Tests the built package under other runtimes: the whole suite under each Node, the smoke set
 * under Bun and Deno. Each is a package of npm, installed into a temporary folder.
 *
 * Run `npm run build`, then `npm run test:runtimes`, or `... -- --only node@24,bun`. Prints a line
 * for each runtime and ends with 1 if anything failed. The Node that runs this is left out unless
 * it is named: `npm test` is for that one. What does not work where: docs/runtimes.md.
 */

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MINUTE_MS = 60_000

/** What is run, and the longest it may take: what hangs is ended. */
const SUITE = { words: ['node_modules/ava/entrypoints/cli.mjs', '--tap'], msMax: 30 * MINUTE_MS }
const SMOKE = { words: ['__test__/smoke/smoke.mjs'], msMax: 5 * MINUTE_MS }
const INSTALL_MS_MAX = 5 * MINUTE_MS

/** Majors are pinned; a new one is a line here and in docs/runtimes.md. */
const RUNTIMES = [
  { name: 'node', major: 20, flags: [], set: SUITE },
  { name: 'node', major: 22, flags: [], set: SUITE },
  { name: 'node', major: 24, flags: [], set: SUITE },
  { name: 'node', major: 26, flags: [], set: SUITE },
  { name: 'bun', major: 1, flags: [], set: SMOKE },
  { name: 'deno', major: 2, flags: ['run', '--allow-all', '--no-lock'], set: SMOKE },
]
const ALLOWED = RUNTIMES.map(({ name, major }) => `${name}@${major}`).join(', ')

/** What is under way, for whoever interrupts it. */
const running = new Set()

/** Runs a program. Resolves to how it ended and what it printed. */
function run(program, words, { msMax, env = process.env }) {
  const child = spawn(program, words, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  let output = ''
  let stderr = ''
  let isLate = false
  child.stdout.setEncoding('utf8').on('data', text => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, msMax)
  return new Promise(resolve => {
    const end = how => {
      clearTimeout(timer)
      running.delete(child)
      resolve({ how: isLate ? `no end within ${msMax / MINUTE_MS} minutes` : how, output, stderr })
    }
    child.once('error', error => end(error.message))
    child.once('close', (code, signal) => end(signal ?? code))
  })
}

/** Installs a runtime into the folder. Resolves to its program and version. */
async function install({ name, major }, folder) {
  // Each of these packages puts its binary into place by an install script.
  const manifest = { private: true, allowScripts: { [name]: true } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  const words = ['install', '--prefix', folder, '--no-audit', '--no-fund', `${name}@${major}`]
  const installed = await run('npm', words, { msMax: INSTALL_MS_MAX })
  if (installed.how !== 0) {
    throw new Error(
      `npm could not install ${name}@${major} (${installed.how}); its registry must be reachable ` +
        `and npm in the PATH:\n${installed.stderr}`,
    )
  }
  const program = join(folder, 'node_modules', '.bin', name)
  const { how, output, stderr } = await run(program, ['--version'], { msMax: MINUTE_MS })
  const [version] = /\d+\.\d+\.\d+/.exec(output) ?? []
  if (how === 0 && version !== undefined) return { program, version }
  throw new Error(
    `the program of ${name}@${major} does not run (${how}): npm must be allowed to run its ` +
      `install script (\`ignore-scripts\` must be off):\n${stderr}`,
  )
}

/** Counts lines of TAP, and keeps those that say what failed. */
function readTap(output) {
  let passed = 0
  let failed = 0
  let isFailure = false
  const failures = []
  for (const line of output.split('\n')) {
    const [, not, directive] = /^(not )?ok \d+(?:.*# (SKIP|TODO)\b)?/.exec(line) ?? []
    const isResult = /^(not )?ok /.test(line)
    if (isResult) isFailure = not !== undefined
    if (isResult && isFailure) failed += 1
    if (isResult && !isFailure && directive === undefined) passed += 1
    if (/^Bail out!/.test(line)) failed += 1
    if (isFailure || /^Bail out!/.test(line)) failures.push(line)
  }
  return { passed, failed, failures }
}

/** Tests one runtime and prints its line. Resolves to whether all is well. */
async function testUnder(runtime) {
  const { name, major, flags, set } = runtime
  const folder = mkdtempSync(join(tmpdir(), 'lancelot-runtimes-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  try {
    const { program, version } = await install(runtime, folder)
    // The tests start children by process.execPath, and the built program by its first line.
    const path = `${dirname(program)}${delimiter}${process.env.PATH}`
    const env = { ...process.env, PATH: path, NO_COLOR: '1', NODE_OPTIONS: '' }
    const beganMs = performance.now()
    const words = [...flags, ...set.words]
    const { how, output, stderr } = await run(program, words, { msMax: set.msMax, env })
    const seconds = ((performance.now() - beganMs) / 1000).toFixed(1)
    const { passed, failed, failures } = readTap(output)
    const isWell = how === 0 && failed === 0 && passed > 0
    if (!isWell) console.log([...failures, stderr.trim()].filter(Boolean).join('\n'))
    const ending = how === 0 || (how === 1 && failed > 0) ? '' : `, ended with ${how}`
    console.log(`${name} ${version}: ${passed} passed, ${failed} failed, ${seconds} s${ending}`)
    return isWell
  } catch (error) {
    console.log(`${name}@${major}: ${error.message.trim()}`)
    return false
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The runtimes that are named, or all but the Node that runs this. */
function pick(only) {
  const own = Number(process.versions.node.split('.')[0])
  if (only === undefined) {
    return RUNTIMES.filter(({ name, major }) => name !== 'node' || major !== own)
  }
  return only.split(',').flatMap(word => {
    const found = RUNTIMES.filter(({ name, major }) => word === name || word === `${name}@${major}`)
    if (found.length === 0) fail(`--only names '${word}'; allowed are ${ALLOWED}, node, bun, deno`)
    return found
  })
}

function fail(message) {
  console.error(message)
  process.exit(1)
}

function parseWords() {
  try {
    return parseArgs({ options: { only: { type: 'string' } } }).values
  } catch (error) {
    return fail(`${error.message}\nAllowed is --only with some of ${ALLOWED}, node, bun, deno`)
  }
}

const runtimes = pick(parseWords().only)
for (const file of ['dist/index.js', 'native/binding.js', 'node_modules/ava']) {
  if (!existsSync(join(ROOT, file)))
    fail(`${file} is missing: run \`npm ci && npm run build\` first`)
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    for (const child of running) child.kill('SIGKILL')
    process.exit(130)
  })
}

let isWell = true
for (const runtime of runtimes) isWell = (await testUnder(runtime)) && isWell
process.exit(isWell ? 0 : 1)
