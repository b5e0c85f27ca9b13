/** Reads TypeScript sources: what they import, and how long their functions are. */

import { posix } from 'node:path'
import ts from 'typescript'
import type { Arrow } from './arrows.ts'
import type { Sources } from './sources.ts'

/** An import of anything, with the words that name it. */
interface Import {
  specifier: string
  isTypes: boolean
}

/** Everything that a source imports or re-exports, dynamically too. */
function importsOf(path: string, text: string): Import[] {
  const imports: Import[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const { moduleSpecifier } = node
      if (moduleSpecifier && ts.isStringLiteral(moduleSpecifier)) {
        imports.push({ specifier: moduleSpecifier.text, isTypes: isTypesOnly(node) })
      }
    } else if (ts.isCallExpression(node) && isImportCall(node)) {
      const [specifier] = node.arguments
      if (specifier && ts.isStringLiteralLike(specifier)) {
        imports.push({ specifier: specifier.text, isTypes: false })
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(parse(path, text))
  return imports
}

/** The imports between the sources themselves. */
export function typescriptArrows(sources: Sources): Arrow[] {
  return [...sources].flatMap(([from, text]) =>
    importsOf(from, text)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier, isTypes }) => {
        return { from, to: posix.join(posix.dirname(from), specifier), isTypes }
      }),
  )
}

/** Complaints about functions over this many lines. */
export function findLongFunctions(sources: Sources, linesMax: number): string[] {
  const complaints: string[] = []
  for (const [path, text] of sources) {
    const file = parse(path, text)
    const lineOf = (position: number): number => file.getLineAndCharacterOfPosition(position).line
    const visit = (node: ts.Node): void => {
      if (ts.isFunctionLike(node) && 'body' in node && node.body) {
        const first = lineOf(node.getStart(file))
        const lines = lineOf(node.end) - first + 1
        if (lines > linesMax)
          complaints.push(`${path}:${first + 1} is a function of ${lines} lines`)
      }
      ts.forEachChild(node, visit)
    }
    visit(file)
  }
  return complaints
}

function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false)
}

/** `import type`, `export type`, or braces in which every name is a type. */
function isTypesOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  const text = ts.isExportDeclaration(node) ? node : node.importClause
  if (text === undefined) return false
  if (text.isTypeOnly) return true
  if (ts.isExportDeclaration(text)) return false
  const { name, namedBindings } = text
  if (name || !namedBindings || !ts.isNamedImports(namedBindings)) return false
  return namedBindings.elements.every(element => element.isTypeOnly)
}

function isImportCall({ expression }: ts.CallExpression): boolean {
  const isRequire = ts.isIdentifier(expression) && expression.text === 'require'
  return isRequire || expression.kind === ts.SyntaxKind.ImportKeyword
}
