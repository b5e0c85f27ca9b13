/** The sources of the project, read from the disk: a map from path to text. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Paths from the root of the project, with `/`, to their texts. */
export type Sources = ReadonlyMap<string, string>

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Every file under these folders, or these files, with one of these endings. */
export function readSources(places: readonly string[], endings: readonly string[]): Sources {
  const paths = places.flatMap(place => filesAt(place)).sort()
  const wanted = paths.filter(path => endings.some(ending => path.endsWith(ending)))
  return new Map(wanted.map(path => [path, readFileSync(ROOT + path, 'utf8')]))
}

/** Those of the sources whose path starts so. */
export function under(sources: Sources, folder: string): Sources {
  return new Map([...sources].filter(([path]) => path.startsWith(folder)))
}

function filesAt(place: string): string[] {
  if (!existsSync(ROOT + place)) return []
  if (statSync(ROOT + place).isFile()) return [place]
  return readdirSync(ROOT + place, { withFileTypes: true }).flatMap(entry => {
    if (entry.name === 'target' || entry.name === 'node_modules') return []
    const path = `${place}/${entry.name}`
    return entry.isDirectory() ? filesAt(path) : [path]
  })
}
