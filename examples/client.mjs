/**
 * A client: asks the three questions at once and prints their answers in order.
 *
 * Run `npm run build`, then `node examples/answers.mjs`, then `node examples/client.mjs`.
 */

import { connect } from 'lancelot'

const questions = ['What is your name?', 'What is your quest?', 'What is your favorite color?']

const client = await connect({ port: Number(process.argv[2] ?? 1060), terminator: '.' })
const answers = await Promise.all(questions.map(question => client.ask(question)))
for (const answer of answers) console.log(answer)
await client.close()
