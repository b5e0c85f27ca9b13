/**
 * The handlers that every peer in JavaScript runs: a look-up in a Map. What is not in it is its own
 * answer, as the load side expects of questions that never repeat; but for a contestant.
 */

const ANSWERS = new Map([
  ['What is your name', 'My name is Sir Lancelot of Camelot.'],
  ['What is your quest', 'To seek the Holy Grail.'],
  ['What is your favorite color', 'Blue.'],
])

/** Answers at once. */
export function handler(request) {
  return ANSWERS.get(request) ?? request
}

/** Answers as every server of the table does: what is not in it is unknown. */
export function tableAnswer(request) {
  return ANSWERS.get(request) ?? 'Error: unknown question.'
}

/** Answers through a promise. */
export async function asyncHandler(request) {
  return ANSWERS.get(request) ?? request
}
