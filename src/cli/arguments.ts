/** Reads the values of options, so that a wrong one is told as wrong use. */

import { InvalidArgumentError, Option } from 'commander'
import { parseEscapes } from './escapes.ts'
import { PROTOCOLS } from './protocols.ts'

/** A whole number; its range is for whoever takes the option. */
export function toInteger(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('A whole number is expected.')
  return Number(text)
}

/** Bytes, with escapes. */
export function toBytes(text: string): Buffer {
  try {
    return parseEscapes(text)
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
}

/** The option that chooses a ready protocol. */
export function protocolOption(): Option {
  const list = PROTOCOLS.map(({ name, summary }) => `${name}: ${summary}`).join('; ')
  return new Option('--protocol <name>', `a ready protocol (${list})`).choices(
    PROTOCOLS.map(({ name }) => name),
  )
}
