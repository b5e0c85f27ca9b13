/**
 * Splits a command into words as a shell would, without a shell.
 *
 * The rule: words are parted by spaces, tabs and line ends. Between single quotes everything is
 * itself; between double quotes all but a backslash before `"` or `\`. Outside of quotes a
 * backslash makes the next character an ordinary one. Nothing else means anything: no variables,
 * no patterns, no `|`, `>` or `&`.
 */

const SPACE = /\s/

/** The words, or undefined where a quote is never closed or a backslash ends the text. */
export function splitWords(text: string): string[] | undefined {
  const words: string[] = []
  // An empty word in quotes is a word, so there may be one without any characters.
  let word: string | undefined
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    const next = text.charAt(at + 1)
    if (quote === "'" || quote === '"') {
      if (character === quote) quote = ''
      else if (quote === '"' && character === '\\' && (next === '"' || next === '\\')) {
        word += next
        at += 1
      } else word += character
    } else if (SPACE.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (character === "'" || character === '"') {
      quote = character
      word ??= ''
    } else if (character === '\\') {
      if (next === '') return undefined
      word = (word ?? '') + next
      at += 1
    } else word = (word ?? '') + character
  }
  if (quote !== '') return undefined
  if (word !== undefined) words.push(word)
  return words
}
