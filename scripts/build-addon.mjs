/**
 * Builds the native addon into `native/`, or says in one sentence why it cannot.
 *
 * The compiler's output is shown only when it fails.
 */

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
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
flags.push('--js', 'binding.js', '--dts', 'binding.d.ts')

const require = createRequire(import.meta.url)
const cli = require.resolve('@napi-rs/cli/package.json')
const { bin } = require(cli)

console.error('Building the native addon; the first time takes a few minutes ...')
const command = [join(dirname(cli), bin.napi), 'build', ...flags]
const build = spawnSync(process.execPath, command, { encoding: 'utf8', maxBuffer: 2 ** 28 })
if (build.status !== 0) {
  const output = [build.stdout, build.stderr, build.error?.message].filter(Boolean).join('\n')
  fail(`${output}\nThe native addon could not be built; what the compiler said stands above.`)
}

// The package is ESM and the loader is not.
writeFileSync('native/package.json', '{ "type": "commonjs" }\n')
