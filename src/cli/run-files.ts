/** Files of runs on the command line: read, or found out to be writable before they are. */

import { open, readFile, rm, stat } from 'node:fs/promises'
import { LancelotError } from '../errors.ts'

/** No report is so large; a file that is was named by mistake. */
const BYTES_MAX = 256 * 2 ** 20

/** The text of a run's file or of a report. Rejects with `ERR_LANCELOT_RUN_FILE`. */
export async function readRunText(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > BYTES_MAX) throw new Error(`it has ${size} bytes, ${BYTES_MAX} are the most`)
    return await readFile(path, 'utf8')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'there is no such file' : message
    const advice = 'name a file of lancelot compare --json, or a report'
    throw new LancelotError('ERR_LANCELOT_RUN_FILE', `${path}: ${why}; ${advice}`, { cause })
  }
}

/**
 * Rejects with `ERR_LANCELOT_OPTION_RANGE` unless each file can be written: better now than when
 * all is measured. Changes none, and leaves none behind.
 */
export async function requireWritable(
  paths: readonly (string | true | undefined)[],
): Promise<void> {
  for (const path of paths.filter(each => typeof each === 'string')) {
    try {
      const isNew = await stat(path).then(
        () => false,
        () => true,
      )
      await (await open(path, 'a')).close()
      if (isNew) await rm(path)
    } catch (cause) {
      throw new LancelotError(
        'ERR_LANCELOT_OPTION_RANGE',
        `${path} cannot be written: ${(cause as Error).message}; name a file in a folder that ` +
          'exists and is yours',
        { cause },
      )
    }
  }
}
