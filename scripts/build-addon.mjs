/**
 * Builds the native addon and the load generator into `native/`, or says in one sentence why it
 * cannot.
 *
 * The compiler's output is shown only when it fails.
 */

import { spawnSync } from 'node:child_process'
import { copyFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const NO_RUST =
  'The native server needs Rust, which was not found: install it from https://rustup.rs and run ' +
  'this again, or use `npm run start:js` for the pure-JavaScript server.'

function fail(message) {
  console.error(message)
  process.exit(1)
}

if (spawnSync('cargo', ['--version']).status !== 0) fail(NO_RUST)

// The loader is CommonJS, for only what it generates gives named imports through `#addon`. Its
// names and folder are given because the defaults collide with index.ts.
const flags = ['--platform', '--release', '--output-dir', 'native']
flags.push('--js', 'binding.js', '--dts', 'binding.d.ts', '--package', 'lancelot-addon')

const require = createRequire(import.meta.url)
const cli = require.resolve('@napi-rs/cli/package.json')
const { bin } = require(cli)

/** Runs a command and returns what it printed. Ends the build if it fails. */
function run(what, command, args) {
  const options = { encoding: 'utf8', maxBuffer: 2 ** 28 }
  const { status, stdout, stderr, error } = spawnSync(command, args, options)
  if (status === 0) return stdout
  const output = [stdout, stderr, error?.message].filter(Boolean).join('\n')
  return fail(`${output}\n${what} could not be built; what the compiler said stands above.`)
}

console.error('Building the native addon; the first time takes a few minutes ...')
run('The native addon', process.execPath, [join(dirname(cli), bin.napi), 'build', ...flags])

// The package is ESM and the loader is not.
writeFileSync('native/package.json', '{ "type": "commonjs" }\n')

const LOAD = 'lancelot-load'
console.error('Building the load generator ...')
const json = ['--message-format', 'json-render-diagnostics']
const printed = run('The load generator', 'cargo', ['build', '--release', '-p', LOAD, ...json])
const built = printed
  .split('\n')
  .filter(line => line.startsWith('{'))
  .map(line => JSON.parse(line))
const program = built.find(({ executable, target }) => executable && target?.name === LOAD)
// Put there under another name first: one that runs meanwhile keeps its file.
const place = join('native', process.platform === 'win32' ? `${LOAD}.exe` : LOAD)
copyFileSync(program.executable, `${place}.new`)
renameSync(`${place}.new`, place)
