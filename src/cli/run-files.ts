/** Reads the files that `report` and `verify` are given. What is in them is for others to say. */

import { readFile, stat } from 'node:fs/promises'
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
