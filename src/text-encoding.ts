/**
 * How bytes and text become each other, under each `encoding`.
 *
 * Knows nothing of requests or responses. Text in options (answers, greeting, routes, ...) is
 * always UTF-8 and does not come here.
 */

import type { Bytes, Decoded, Encoding } from './types.ts'

/** Every encoding. */
export const ENCODINGS: readonly Encoding[] = ['utf8', 'latin1', 'buffer']

/** A character that latin1 has no byte for. */
export const WIDE: RegExp = /[\u{100}-\u{10ffff}]/u

/** Bytes as JavaScript sees them: text, or a copy that is the reader's own. */
export function decode<E extends Encoding>(bytes: Uint8Array, encoding: E): Decoded<E>
export function decode(bytes: Uint8Array, encoding: Encoding): Decoded {
  if (encoding === 'buffer') return Buffer.from(bytes)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding)
}

/** Whether latin1 has a byte for every character. */
export function fitsLatin1(text: string): boolean {
  return !WIDE.test(text)
}

/** A copy as bytes; undefined for text that latin1 has no bytes for. */
export function encode(value: Bytes, encoding: Encoding): Buffer | undefined {
  if (encoding !== 'latin1' || typeof value !== 'string') return Buffer.from(value as string)
  return fitsLatin1(value) ? Buffer.from(value, 'latin1') : undefined
}

/** What is wrong with text that `encode` refused, and what is allowed. */
export function encodeFault(value: Bytes): string {
  const [character = ''] = WIDE.exec(String(value)) ?? []
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return `text with U+${code}; allowed under encoding 'latin1' is U+0000 to U+00FF`
}
