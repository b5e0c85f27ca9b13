/** Reads a file of exchanges: what is asked, and what must come. */

import { readFile } from 'node:fs/promises'
import { LancelotError } from '../errors.ts'
import { type Exchange, isExchange } from './contestants.ts'

const EXPECTED =
  'expected a JSON list of [request, response] pairs, each with its delimiter, bytes as latin1: ' +
  '[["What is your quest?", "To seek the Holy Grail."]]'
/** Rejects with ERR_LANCELOT_RUN_FILE. */
export async function readExchanges(file: string): Promise<readonly Exchange[]> {
  const list = await readList(file)
  for (const [index, pair] of list.entries()) {
    if (isExchange(pair)) continue
    throw wrong(file, `entry ${index + 1} is ${JSON.stringify(pair).slice(0, 80)}`)
  }
  return list as Exchange[]
}

async function readList(file: string): Promise<unknown[]> {
  let list: unknown
  try {
    list = JSON.parse(await readFile(file, 'utf8'))
  } catch (cause) {
    throw wrong(file, (cause as Error).message, cause)
  }
  if (!Array.isArray(list) || list.length === 0) throw wrong(file, 'there is no list in it')
  return list
}

function wrong(file: string, found: string, cause?: unknown): LancelotError {
  const message = `exchanges file ${file}: ${found}; ${EXPECTED}`
  return new LancelotError('ERR_LANCELOT_RUN_FILE', message, { cause })
}
