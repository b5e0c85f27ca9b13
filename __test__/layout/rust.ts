/**
 * Reads Rust sources as rustfmt leaves them: what they use of their crate, and how long their
 * functions are. It reads text, not syntax; that rustfmt has been run is checked elsewhere.
 */

import type { Arrow } from './arrows.ts'
import type { Sources } from './sources.ts'

/**
 * A path of a crate's file as a module's name: `crate/engine/src/frame.rs` is `frame`, and a file
 * in a folder below is part of the module that the folder is named for.
 */
export function moduleOf(path: string): string {
  const [folder = '', file = ''] = path.split('/').slice(-2)
  return folder === 'src' || folder === 'addon' ? file.replace(/\.rs$/, '') : folder
}

/** The uses between the modules of one crate, its tests not counted. */
export function rustArrows(sources: Sources): Arrow[] {
  const modules = new Set([...sources.keys()].map(moduleOf))
  return [...sources].flatMap(([path, text]) => {
    const used = new Set(usedModules(productCode(text)))
    return [...used]
      .filter(name => modules.has(name))
      .map(to => ({ from: moduleOf(path), to, isTypes: false }))
  })
}

/** The modules that a crate's root declares: a file that is not among them is not compiled. */
export function declaredModules(root: string): string[] {
  return [...productCode(root).matchAll(/^(?:pub(?:\([^)]*\))? )?mod (\w+);/gm)].map(
    ([, name]) => name ?? '',
  )
}

/** A source without comments, strings' contents kept, and without its unit tests. */
export function productCode(text: string): string {
  const [product = ''] = text.split(/^#\[cfg\(test\)\]$/m)
  return product.replace(/^\s*\/\/.*$/gm, '').replace(/ \/\/ .*$/gm, '')
}

/** Complaints about functions over this many lines. */
export function findLongRustFunctions(sources: Sources, linesMax: number): string[] {
  const complaints: string[] = []
  for (const [path, text] of sources) {
    const lines = text.split('\n')
    lines.forEach((line, first) => {
      const indent = /^( *)(?:pub(?:\([^)]*\))? )?(?:const |async |unsafe )*fn /.exec(line)?.[1]
      if (indent === undefined || /[;}]$/.test(line)) return
      const isEnd = (later: string, index: number): boolean => {
        return index > first && (later === `${indent}}` || later === `${indent});`)
      }
      const length = lines.findIndex(isEnd) - first + 1
      if (length > linesMax)
        complaints.push(`${path}:${first + 1} is a function of ${length} lines`)
    })
  }
  return complaints
}

/** `crate::frame`, and every first word of `use crate::{frame::Cut, error}`. */
function usedModules(code: string): string[] {
  const direct = [...code.matchAll(/\bcrate::(\w+)/g)].map(([, name]) => name ?? '')
  const groups = [...code.matchAll(/\bcrate::\{/g)].flatMap(({ index }) => {
    return topLevelNames(code.slice(index + 'crate::{'.length))
  })
  return [...direct, ...groups]
}

/** The first words of a brace group's entries, nested groups skipped. */
function topLevelNames(code: string): string[] {
  const names: string[] = []
  let depth = 0
  let isFirst = true
  for (const [token] of code.matchAll(/\w+|[{},]/g)) {
    if (token === '{') depth += 1
    else if (token === '}') depth -= 1
    else if (token === ',') isFirst ||= depth === 0
    else if (isFirst && depth === 0) {
      names.push(token)
      isFirst = false
    }
    if (depth < 0) break
  }
  return names
}
