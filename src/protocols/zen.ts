/** Three lines of the Zen of Python, as questions. */

import type { Protocol } from './protocol.ts'

const ANSWERS = {
  'Beautiful is better than?': 'Ugly.',
  'Explicit is better than?': 'Implicit.',
  'Simple is better than?': 'Complex.',
}

/** Three aphorisms that end in `?`, what they are better than, port 1060. */
export const zen: Protocol = {
  name: 'zen',
  summary: 'three aphorisms of the Zen of Python',
  options: {
    port: 1060,
    delimiter: '?',
    answers: ANSWERS,
    unknownAnswer: 'Error: unknown aphorism.',
  },
  questions: Object.keys(ANSWERS),
  terminator: '.',
}
