/** The layout holds: arrows run upwards, the core is pure, and every file is tidy. */

import test from 'ava'
import { type Arrow, findUnlisted, findUnreached, findWrongArrows } from './layout/arrows.ts'
import {
  ADDON_IMPORTER,
  ADDON_ORDER,
  BORDER_ORDER,
  CONTRACT,
  ENGINE_BANS,
  ENGINE_CORE,
  ENGINE_ORDER,
  TYPESCRIPT_BANS,
  TYPESCRIPT_CORE,
  TYPESCRIPT_ENTRIES,
  TYPESCRIPT_ORDER,
} from './layout/order.ts'
import {
  declaredModules,
  findLongRustFunctions,
  moduleOf,
  productCode,
  rustArrows,
} from './layout/rust.ts'
import { readSources, type Sources, under } from './layout/sources.ts'
import { findBanned, findHeaderless, findLongLines } from './layout/tidy.ts'
import { findLongFunctions, typescriptArrows } from './layout/typescript.ts'

const LINES_MAX = 70
const COLUMNS_MAX = 100

const typescript = readSources(['index.ts', 'src'], ['.ts'])
const tests = readSources(['__test__'], ['.ts'])
const scripts = readSources(['bench', 'examples', 'scripts'], ['.ts', '.mjs'])
const rust = readSources(['crate'], ['.rs'])
const engine = under(rust, 'crate/engine/src/')
const border = under(rust, 'crate/border/src/')
const addon = under(rust, 'crate/addon/')

test('every TypeScript file has its place in the layout', t => {
  t.deepEqual(findUnlisted([...typescript.keys()], TYPESCRIPT_ORDER), [])
})

test('TypeScript files import only files above them', t => {
  t.deepEqual(findWrongArrows(typescriptArrows(typescript), TYPESCRIPT_ORDER, CONTRACT), [])
})

test('no TypeScript file is imported by nobody', t => {
  const arrows = typescriptArrows(typescript)
  t.deepEqual(findUnreached([...typescript.keys()], arrows, TYPESCRIPT_ENTRIES), [])
})

test('no file of the tests is imported by nobody', t => {
  const files = [...tests.keys()]
  const specs = files.filter(file => file.endsWith('.spec.ts'))
  t.deepEqual(findUnreached(files, typescriptArrows(tests), specs), [])
})

test('the JavaScript core names no socket, timer, clock or addon', t => {
  const core = new Map([...typescript].filter(([path]) => TYPESCRIPT_CORE.includes(path)))
  t.deepEqual(findBanned(core, TYPESCRIPT_BANS), [])
})

test('only one file imports the addon', t => {
  // Its name is enough: an import of it may be written so that the compiler does not follow it.
  const importers = [...typescript]
    .filter(([, text]) => /['"`]#addon['"`]/.test(text))
    .map(([path]) => path)
  t.deepEqual(importers, [ADDON_IMPORTER])
})

test('every file of the engine has its place in the layout', t => {
  t.deepEqual(findUnlisted([...engine.keys()].map(moduleOf), ENGINE_ORDER), [])
  t.deepEqual(findUnlisted([...border.keys()].map(moduleOf), BORDER_ORDER), [])
  t.deepEqual(findUnlisted([...addon.keys()].map(moduleOf), ADDON_ORDER), [])
})

test('files of the engine use only files above them', t => {
  t.deepEqual(findWrongArrows(rustArrows(engine), ENGINE_ORDER), [])
  t.deepEqual(findWrongArrows(rustArrows(border), BORDER_ORDER), [])
  t.deepEqual(findWrongArrows(rustArrows(addon), ADDON_ORDER), [])
})

test('every file of the engine is compiled', t => {
  for (const crate of [engine, border, addon]) {
    const [, root = ''] = [...crate].find(([path]) => path.endsWith('/lib.rs')) ?? []
    const modules = new Set([...crate.keys()].map(moduleOf))
    modules.delete('lib')
    t.deepEqual(declaredModules(root).sort(), [...modules].sort())
    for (const path of crate.keys()) {
      const [, parent, name] = /^(.*\/src\/\w+)\/(\w+)\.rs$/.exec(path) ?? []
      if (parent === undefined) continue
      t.true(declaredModules(crate.get(`${parent}.rs`) ?? '').includes(name ?? ''), path)
    }
  }
})

test('the Rust core names no mio, socket, thread or clock', t => {
  const core = [...engine].filter(([path]) => ENGINE_CORE.includes(moduleOf(path)))
  const found = new Set(core.map(([path]) => moduleOf(path)))
  t.deepEqual([...found].sort(), [...ENGINE_CORE].sort())
  t.deepEqual(
    findBanned(new Map(core.map(([path, text]) => [path, productCode(text)])), ENGINE_BANS),
    [],
  )
})

test('the engine knows nothing of Node and has no unsafe code', t => {
  const [manifest = ''] = readSources(['crate/engine/Cargo.toml'], ['.toml']).values()
  t.notRegex(manifest, /napi/)
  t.regex(engine.get('crate/engine/src/lib.rs') ?? '', /^#!\[forbid\(unsafe_code\)\]$/m)
})

const everything: Sources = new Map([...typescript, ...tests, ...scripts, ...rust])

test('every file begins by saying what it is', t => {
  t.deepEqual(findHeaderless(everything), [])
})

test('no line is over 100 columns', t => {
  t.deepEqual(findLongLines(new Map([...typescript, ...tests, ...rust]), COLUMNS_MAX), [])
})

test('no function is over 70 lines', t => {
  const inTypescript = new Map([...typescript, ...tests, ...scripts])
  t.deepEqual(findLongFunctions(inTypescript, LINES_MAX), [])
  t.deepEqual(findLongRustFunctions(rust, LINES_MAX), [])
})

const planted = (files: Record<string, string>): Sources => new Map(Object.entries(files))

test('a planted wrong arrow in TypeScript is found, however it is written', t => {
  const order = ['src/a.ts', 'src/b/c.ts', 'src/d.ts']
  const wrong = (text: string): number => {
    const sources = planted({ 'src/a.ts': text, 'src/b/c.ts': '', 'src/d.ts': '' })
    return findWrongArrows(typescriptArrows(sources), order, 'src/d.ts').length
  }
  t.is(wrong("import { c } from './b/c.ts'"), 1)
  t.is(wrong("import type { C } from './b/c.ts'"), 1)
  t.is(wrong("export * from './b/c.ts'"), 1)
  t.is(wrong("const c = await import('./b/c.ts')"), 1)
  t.is(wrong("import './b/../b/c.ts'"), 1)
  t.is(wrong("import './a.ts'"), 1)
  t.is(wrong("import { d } from './d.ts'"), 1)
  t.is(wrong("import { d, type D } from './d.ts'"), 1)
  t.is(wrong("import type { D } from './d.ts'"), 0)
  t.is(wrong("import { type D } from './d.ts'"), 0)
  t.is(wrong("// import './b/c.ts'"), 0)
  t.is(wrong("import { readFile } from 'node:fs'"), 0)
})

test('a planted wrong arrow in Rust is found, however it is written', t => {
  const order = ['a', 'b', 'c']
  const arrows = (text: string): Arrow[] =>
    rustArrows(planted({ 'src/a.rs': text, 'src/b.rs': '', 'src/c.rs': '' }))
  const wrong = (text: string): number => findWrongArrows(arrows(text), order).length
  t.is(wrong('use crate::b::Thing;'), 1)
  t.is(wrong('use crate::{b::Thing, c};'), 2)
  t.is(wrong('use crate::{\n    b::{One, Two},\n    c::Three,\n};'), 2)
  t.is(wrong('fn f() -> crate::c::Thing {}'), 1)
  t.is(wrong('pub use crate::b;'), 1)
  t.is(wrong('// use crate::b;'), 0)
  t.is(wrong('use crate::other::b;'), 0)
  t.is(
    findWrongArrows(
      rustArrows(planted({ 'src/a/part.rs': 'use crate::b;', 'src/b.rs': '' })),
      order,
    ).length,
    1,
  )
  t.is(wrong('fn f() {}\n#[cfg(test)]\nmod tests {\n    use crate::b;\n}'), 0)
})

test('a right arrow is no complaint', t => {
  const sources = planted({ 'src/a.ts': '', 'src/b.ts': "import { a } from './a.ts'" })
  t.deepEqual(findWrongArrows(typescriptArrows(sources), ['src/a.ts', 'src/b.ts']), [])
})

test('a planted stray, ghost or dead file is found', t => {
  t.is(findUnlisted(['a', 'stray'], ['a']).length, 1)
  t.is(findUnlisted(['a'], ['a', 'ghost']).length, 1)
  const arrows = [{ from: 'a', to: 'b', isTypes: false }]
  t.deepEqual(findUnreached(['a', 'b', 'dead'], arrows, ['a']), ['dead is imported by nobody'])
})

test('a planted ban, a missing header, a long line and a long function are found', t => {
  t.is(findBanned(planted({ 'a.ts': "import 'node:net'" }), TYPESCRIPT_BANS).length, 1)
  t.is(findBanned(planted({ 'a.ts': 'setTimeout(f, 1)' }), TYPESCRIPT_BANS).length, 1)
  t.is(findBanned(planted({ 'a.rs': 'let now = Instant::now();' }), ENGINE_BANS).length, 1)
  t.is(findHeaderless(planted({ 'a.ts': 'f()', 'b.rs': '// x', 'c.ts': '/** */' })).length, 3)
  t.is(findLongLines(planted({ 'a.ts': 'x'.repeat(101), 'b.ts': 'é'.repeat(100) }), 100).length, 1)
  const body = 'x()\n'.repeat(80)
  t.is(findLongFunctions(planted({ 'a.ts': `class A {\n  f() {\n${body}}\n}` }), 70).length, 1)
  t.is(findLongFunctions(planted({ 'a.ts': `const f = () => {\n${body}}` }), 70).length, 1)
  t.is(
    findLongRustFunctions(planted({ 'a.rs': `    pub fn f(\n    ) {\n${body}    }\n` }), 70).length,
    1,
  )
  t.is(findLongRustFunctions(planted({ 'a.rs': 'fn f() {\n    x()\n}\n' }), 70).length, 0)
})
