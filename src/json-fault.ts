/**
 * Finds where a text stops being JSON.
 *
 * `JSON.parse` tells some faults by a position, some by an excerpt and some by neither, and differs
 * between versions of Node; this gives a position always. It is only run on text that
 * `JSON.parse` refused, and builds no values.
 */

const BLANK = /[ \t\n\r]*/y
const ATOM = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

/** Where in a text something is, counted from 1. Columns are UTF-16 units, as in editors. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** The line and column of an index into a text. */
export function positionOf(text: string, index: number): Position {
  const before = text.slice(0, index)
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: index - lineStart + 1 }
}

/** The index of the first character that cannot be JSON; the text's length where more must come. */
export function findJsonFault(text: string): number {
  return new Scanner(text).scan()
}

/** What may come next. Closing brackets are allowed only where `state` says so. */
type State = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma or end'

class Scanner {
  readonly #text: string
  /** The brackets that are open, innermost last. */
  readonly #open: string[] = []
  #index = 0
  #state: State = 'value'

  constructor(text: string) {
    this.#text = text
  }

  scan(): number {
    for (;;) {
      this.#match(BLANK)
      const character = this.#text[this.#index]
      if (character === undefined || !this.#step(character)) return this.#index
    }
  }

  /** Takes one token; false where it cannot stand. */
  #step(character: string): boolean {
    switch (this.#state) {
      case 'key':
      case 'key or }':
        if (character === '}' && this.#state === 'key or }') return this.#close(character)
        return character === '"' && this.#string() && this.#expect('colon')
      case 'colon':
        return this.#take(character === ':') && this.#expect('value')
      case 'comma or end':
        if (character === '}' || character === ']') return this.#close(character)
        return this.#take(character === ',' && this.#open.length > 0) && this.#next()
      default:
        if (character === ']' && this.#state === 'value or ]') return this.#close(character)
        return this.#value(character)
    }
  }

  #value(character: string): boolean {
    if (character === '{' || character === '[') {
      this.#open.push(character)
      return this.#take(true) && this.#expect(character === '{' ? 'key or }' : 'value or ]')
    }
    const isWhole = character === '"' ? this.#string() : this.#match(ATOM)
    return isWhole && this.#expect('comma or end')
  }

  #next(): boolean {
    return this.#expect(this.#open.at(-1) === '{' ? 'key' : 'value')
  }

  #close(character: string): boolean {
    if (this.#open.at(-1) !== (character === '}' ? '{' : '[')) return false
    this.#open.pop()
    return this.#take(true) && this.#expect('comma or end')
  }

  #string(): boolean {
    this.#index += 1
    for (;;) {
      const character = this.#text[this.#index]
      if (character === undefined || character < ' ') return false
      if (character === '\\') {
        if (!this.#match(ESCAPE)) return false
      } else {
        this.#index += 1
        if (character === '"') return true
      }
    }
  }

  #expect(state: State): boolean {
    this.#state = state
    return true
  }

  #take(isAllowed: boolean): boolean {
    if (isAllowed) this.#index += 1
    return isAllowed
  }

  #match(pattern: RegExp): boolean {
    pattern.lastIndex = this.#index
    const length = pattern.exec(this.#text)?.[0].length
    this.#index += length ?? 0
    return length !== undefined
  }
}
