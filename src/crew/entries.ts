/** The files that members begin with, and the flags of Node.js that they get. */

/**
 * The URL of a file beside this one, by its name without the extension: a member runs from the
 * sources where its leader does, and from the build where its leader does.
 */
export function entryUrl(name: string): URL {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
  return new URL(`./${name}${extension}`, import.meta.url)
}

/** Flags that say what to run, with a word of their own after them. */
const PROGRAM: ReadonlySet<string> = new Set(['-e', '--eval', '-p', '-pe', '--print'])

/** The flags of this process, without a program that was given on its command line. */
export function memberFlags(flags: readonly string[] = process.execArgv): string[] {
  return flags.filter((flag, at) => {
    const isProgram = PROGRAM.has(flag) || PROGRAM.has(flags[at - 1] ?? '')
    return !isProgram && !flag.startsWith('--input-type')
  })
}
