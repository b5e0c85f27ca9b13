/** The three questions at the Bridge of Death. */

import type { Protocol } from './protocol.ts'

const ANSWERS = {
  'What is your name?': 'My name is Sir Lancelot of Camelot.',
  'What is your quest?': 'To seek the Holy Grail.',
  'What is your favorite color?': 'Blue.',
}

/** Three questions that end in `?`, three answers that end in `.`, port 1060. */
export const lancelot: Protocol = {
  name: 'lancelot',
  summary: 'the three questions at the Bridge of Death',
  options: { port: 1060, delimiter: '?', answers: ANSWERS },
  questions: Object.keys(ANSWERS),
  terminator: '.',
}
