/** The command `ask`: puts questions to a server and prints its answers. */

import { Argument, type Command } from 'commander'
import { type Client, connect } from '../client.ts'
import { protocolOption, toBytes, toInteger } from './arguments.ts'
import { showEscapes } from './escapes.ts'
import { fail } from './failure.ts'
import { protocolNamed } from './protocols.ts'

interface AskFlags {
  port: number
  protocol: string
  terminator?: Buffer
  timeoutMsMax: number
  mistake?: true
  json?: true
}

/** Adds the command to the program. */
export function addAsk(program: Command): void {
  program
    .command('ask')
    .summary('put questions to a server')
    .description(
      'Puts questions to a server, one after the other, and prints one answer a line. ' +
        'Without questions it asks those of the protocol.',
    )
    .argument('<host>', 'address or name of the server')
    .addArgument(questionsArgument())
    .option('--port <number>', 'port of the server', toInteger, 1060)
    .addOption(protocolOption().default('lancelot'))
    .option('--terminator <text>', 'what ends an answer (default: of the protocol)', toBytes)
    .option('--timeout-ms-max <ms>', 'how long each answer may take', toInteger, 5000)
    .option('--mistake', 'send the first question without its last byte, and leave')
    .option('--json', 'print {"question", "answer"} lines, and errors as JSON')
    .action(ask)
}

function questionsArgument(): Argument {
  const meaning = 'questions with their delimiter; escapes as \\r\\n are understood'
  const list = new Argument('[question...]', meaning)
  return list.argParser((text: string, before: Buffer[] | undefined) => [
    ...(before ?? []),
    toBytes(text),
  ])
}

async function ask(host: string, asked: Buffer[] | undefined, flags: AskFlags): Promise<void> {
  const { questions, terminator } = protocolNamed(flags.protocol)
  const list = asked && asked.length > 0 ? asked : questions.map(text => Buffer.from(text))
  try {
    const client = await connect({
      host,
      port: flags.port,
      terminator: flags.terminator ?? terminator,
      timeoutMsMax: flags.timeoutMsMax,
    })
    try {
      if (flags.mistake) makeMistake(client, list)
      else for (const question of list) await askOne(client, question, flags)
    } finally {
      await client.close()
    }
  } catch (error) {
    fail(error, { json: flags.json === true })
  }
}

async function askOne(client: Client, question: Buffer, { json }: AskFlags): Promise<void> {
  const answer = await client.ask(question)
  const line = json ? JSON.stringify({ question: readable(question), answer }) : answer
  process.stdout.write(`${line}\n`)
}

/** Sends a question that never ends. No answer can come, so none is waited for. */
function makeMistake(client: Client, questions: readonly Buffer[]): void {
  const begun = questions[0]?.subarray(0, -1) ?? Buffer.alloc(0)
  client.ask(begun).catch(() => {})
}

/** A question as it was typed. */
function readable(question: Buffer): string {
  const text = question.toString('utf8')
  return Buffer.from(text).equals(question) ? text : showEscapes(question)
}
