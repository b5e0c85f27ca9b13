/** The command `serve`: runs a server until a signal stops it. */

import { type Command, Option } from 'commander'
import { readAnswers } from '../answers-file.ts'
import { ARCHITECTURE_NAMES } from '../options.ts'
import type { LancelotServer } from '../server.ts'
import { startServer } from '../start-server.ts'
import type { Address, ArchitectureName, StartOptions } from '../types.ts'
import { protocolOption, toBytes, toInteger } from './arguments.ts'
import { showEscapes } from './escapes.ts'
import { fail } from './failure.ts'
import { Log } from './log.ts'
import { protocolNamed } from './protocols.ts'

interface ServeFlags {
  protocol?: string
  answers?: string
  delimiter?: Buffer
  host?: string
  port?: number
  loops?: number
  unknownAnswer?: Buffer
  architecture: ArchitectureName
  workers?: number
  handler?: string
  drainMsMax: number
  quiet?: true
  json?: true
}

/** Adds the command to the program. */
export function addServe(program: Command): void {
  program
    .command('serve')
    .summary('run a server')
    .description(
      'Runs a server until Ctrl-C or SIGTERM: the first drains it, a second cuts at once.',
    )
    .addOption(protocolOption().conflicts(['answers', 'delimiter']))
    .option('--answers <file>', 'a JSON file of requests and their answers')
    .option(
      '--delimiter <text>',
      'what ends a request, escapes as \\r\\n understood (with --answers)',
      toBytes,
    )
    .option('--host <name>', 'where to listen (default: 127.0.0.1)')
    .option(
      '--port <number>',
      'port to listen on; 0 lets the system pick (default: 1060)',
      toInteger,
    )
    .option('--loops <number>', 'event loops, one thread each (default: 1)', toInteger)
    .option('--unknown-answer <text>', 'the answer to what nobody knows, with escapes', toBytes)
    .addOption(
      new Option('--architecture <name>', 'how it serves; docs/architectures tells of each')
        .choices(ARCHITECTURE_NAMES)
        .default('poll'),
    )
    .option('--workers <number>', 'threads or processes, in designs with several', toInteger)
    .option('--handler <module>', 'a module whose default export answers what is not in the table')
    .option('--drain-ms-max <ms>', 'how long a stop waits for what is owed', toInteger, 5000)
    .option('--quiet', 'no line for connections')
    .option('--json', 'one JSON line for each event, and errors as JSON')
    .action(serve)
}

async function serve(flags: ServeFlags): Promise<void> {
  const json = flags.json === true
  try {
    const log = new Log({ json, quiet: flags.quiet === true })
    const options = await startOptions(flags)
    const server = await startServer(options)
    observe(server, log, flags.quiet === true)
    stopOnSignal(server, log, flags.drainMsMax)
    const { address } = server
    log.listening({
      address,
      architecture: flags.architecture,
      hint: hint(flags, options, address),
    })
  } catch (error) {
    fail(error, { json })
  }
}

async function startOptions(flags: ServeFlags): Promise<StartOptions> {
  const { answers, delimiter, host, port, loops, workers, handler, unknownAnswer } = flags
  const base =
    answers === undefined
      ? protocolNamed(flags.protocol ?? 'lancelot').options
      : { answers: await readAnswers(answers) }
  return {
    ...base,
    ...(delimiter !== undefined && { delimiter }),
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(loops !== undefined && { loops }),
    ...(workers !== undefined && { workers }),
    ...(handler !== undefined && { handlerModule: handler }),
    architecture: flags.architecture,
    ...(unknownAnswer !== undefined && { unknownAnswer }),
  }
}

/** What nobody listens to costs the native server nothing, so quiet does not listen. */
function observe(server: LancelotServer, log: Log, isQuiet: boolean): void {
  server.on('error', error => log.failed(error))
  if (isQuiet) return
  server.on('connection', connection => log.opened(connection))
  server.on('close', (connection, summary) => log.closed(connection, summary))
}

function stopOnSignal(server: LancelotServer, log: Log, drainMsMax: number): void {
  let signals = 0
  const stop = async (): Promise<void> => {
    signals += 1
    if (signals > 1) {
      log.stopping('cutting what is left')
      await server.close({ drainMsMax: 0 })
      return
    }
    log.stopping(`draining for at most ${drainMsMax} ms; press Ctrl-C again to cut at once`)
    log.stopped(await server.close({ drainMsMax }))
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
  const onSignal = (): void => {
    stop().catch(error => log.failed(error))
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
}

/** What a newcomer can try now. */
function hint(flags: ServeFlags, options: StartOptions, { host, port }: Address): string {
  const isEveryAddress = host === '0.0.0.0' || host === '::'
  // Whoever started with npm has the program in the project, not on the path.
  const program = process.env.npm_execpath === undefined ? 'lancelot' : 'npx lancelot'
  const command = `try: ${program} ask ${isEveryAddress ? 'localhost' : host} --port ${port}`
  if (flags.answers === undefined) {
    return `${command} --protocol ${protocolNamed(flags.protocol ?? 'lancelot').name}`
  }
  const delimiter = Buffer.from((options.delimiter ?? '?') as Uint8Array)
  return `${command} 'a request${showEscapes(delimiter)}'`
}
