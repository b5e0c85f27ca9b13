/**
 * What nginx's stream module answers, in its own JavaScript (njs). `nginx.sh` loads it; no Node.
 *
 * nginx can only pass on what is asked. So every connection is passed on to a server that takes it
 * and says nothing, and on the way there the questions are taken out and answered.
 */

// Without a prototype, of which somebody might ask.
const ANSWERS = Object.assign(Object.create(null), {
  'What is your name': 'My name is Sir Lancelot of Camelot.',
  'What is your quest': 'To seek the Holy Grail.',
  'What is your favorite color': 'Blue.',
})
const UNKNOWN_ANSWER = 'Error: unknown question.'
const QUESTION_LENGTH_MAX = 16384

/** Answers a connection. Who finished sending is passed on as such, and so ends it. */
function answer(session) {
  let rest = ''
  session.on('upload', (piece, flags) => {
    const questions = (rest + piece).split('?')
    rest = questions.pop()
    let answers = ''
    let isTooLong = false
    for (let index = 0; index < questions.length && !isTooLong; index++) {
      isTooLong = questions[index].length > QUESTION_LENGTH_MAX
      if (!isTooLong) answers += ANSWERS[questions[index]] || UNKNOWN_ANSWER
    }
    if (answers !== '') session.sendDownstream(answers)
    // The silent server ends what brings it anything.
    if (isTooLong || rest.length > QUESTION_LENGTH_MAX) session.send('.')
    else if (flags.last) session.send('', flags)
  })
}

/** The silent server: holds a connection until something comes. */
function hold(session) {
  session.on('upload', piece => {
    if (piece !== '') session.done()
  })
}

export default { answer, hold }
