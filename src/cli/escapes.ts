/** Reads bytes as people type them on a command line: `\r\n`, `\0`, `\xff`. */

const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|([rnt0\\])|(.?))/gsu
const NAMED: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', 0: '\0', '\\': '\\' }

/**
 * The bytes that a text with escapes stands for: `\r`, `\n`, `\t`, `\0`, `\\` and `\xNN` for any
 * byte; all else is UTF-8. Throws an Error that names an escape which is none of these.
 */
export function parseEscapes(text: string): Buffer {
  const pieces: Buffer[] = []
  let end = 0
  for (const match of text.matchAll(ESCAPE)) {
    const [whole, hex, name, other] = match
    if (other !== undefined) {
      throw new Error(`${whole} is no escape; allowed are \\r \\n \\t \\0 \\\\ and \\xNN`)
    }
    pieces.push(Buffer.from(text.slice(end, match.index)))
    pieces.push(hex === undefined ? Buffer.from(NAMED[name ?? ''] ?? '') : Buffer.from(hex, 'hex'))
    end = match.index + whole.length
  }
  pieces.push(Buffer.from(text.slice(end)))
  return Buffer.concat(pieces)
}

/** Bytes as one would type them: the opposite of `parseEscapes`. */
export function showEscapes(bytes: Uint8Array): string {
  const names: Readonly<Record<number, string>> = {
    13: '\\r',
    10: '\\n',
    9: '\\t',
    0: '\\0',
    92: '\\\\',
  }
  const show = (byte: number): string => {
    const isPlain = byte >= 0x20 && byte < 0x7f
    const hex = `\\x${byte.toString(16).padStart(2, '0')}`
    return names[byte] ?? (isPlain ? String.fromCharCode(byte) : hex)
  }
  return [...bytes].map(show).join('')
}
