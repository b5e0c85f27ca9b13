/** The command `bench`: its flags and its help. What it does is in `bench-action.ts`. */

import { type Command, InvalidArgumentError, Option } from 'commander'
import { FUNKLOAD_CYCLES } from '../load/bench-plan.ts'
import { toInteger } from './arguments.ts'
import type { BenchCommandFlags } from './bench-action.ts'

const EXAMPLES = `
Targets stand first. A target is a port, host:port or name=host:port, on this machine.

Examples:
  lancelot bench 1060                              20 users who ask again once they are answered
  lancelot bench 1060 --rate 20000                 20,000 requests a second by the clock
  lancelot bench 1060 --sessions 500 --questions 3 500 peers a second come, ask three times, leave
  lancelot bench 1060 --cycles                     FunkLoad's: ${FUNKLOAD_CYCLES.join(':')}
  lancelot bench poll=1060 node=1061 --csv a.csv   two servers, one after the other
  lancelot bench 8443 --tls --tls-ca ca.pem        through TLS, to a server that ca.pem vouches for
  lancelot bench 1060 --users 10 --idle 5000       ten users beside a crowd that is silent
  lancelot bench 1060 --rate 5000 --fail-if 'p99 > 2ms' --fail-if 'errors > 0'

--fail-if takes p50 p90 p99 p999 max mean cpu (us, ms, s; cpu is for each request), rate (a second),
errors wrong lost late refused (a number, or % of what was due), with > >= < <=. If one comes true
the program exits with 3.`

/** Adds the command to the program. */
export function addBench(program: Command): void {
  const command = program
    .command('bench')
    .summary('put a load on servers of this machine')
    .description(
      'Puts a load on servers of this machine, checks every answer, and tells rate, times and ' +
        'CPU. Without --rate, --sessions or --cycles it is a closed load of --users.',
    )
    .argument('<target...>', 'what to ask: port, host:port or name=host:port')
  addModels(command)
  addSurroundings(command)
  addOutputs(command)
  command.addHelpText('after', EXAMPLES).action(bench)
}

function addModels(command: Command): void {
  command
    .option('--users <n>', 'users, or connections with --rate (default: 20)', toInteger)
    .option('--depth <n>', 'requests that a user sends at once (default: 1)', toInteger)
    .option(
      '--questions <n>',
      'requests after which a user leaves; 0: never (default: 0; with --cycles, --sessions 10)',
      toInteger,
    )
    .option('--think-ms <ms>', 'how long a user waits before it asks again', toNumber)
    .option('--rate <n>', 'open load: requests a second, answered or not', toNumber)
    .option('--sessions <n>', 'partly-open load: sessions a second', toNumber)
    .option('--rate-at-end <n>', 'the rate reached evenly at the end', toNumber)
    .addOption(
      new Option('--arrivals <how>', 'by chance or evenly (default: poisson)').choices([
        'poisson',
        'constant',
      ]),
    )
    .option('--cycles [list]', "closed load, once for each number of users: '1:2:3'", toCycles)
    .option('--ramp-seconds <s>', 'how long the users of a closed load take to come', toNumber)
    .option('--seconds <s>', 'how long is measured (default: 10)', toNumber)
    .option('--warm-seconds <s>', 'what is not measured before (default: 1)', toNumber)
}

function addSurroundings(command: Command): void {
  command
    .option('--idle <n>', 'connections that ask once and stay', toInteger)
    .option('--slow-readers <n>', 'connections that ask and do not read', toInteger)
    .option('--slow-writers <n>', 'connections that send a byte every 10 ms', toInteger)
    .option('--late-ms <ms>', 'an answer after this is late (default: 5000)', toInteger)
    .option('--seed <n>', 'seed of the arrivals (default: 1)', toInteger)
    .option('--pid <n>', "the server's process (default: who listens there)", toInteger)
    .option('--core <n>', 'the core of the generator (default: the second, if any)', toInteger)
    .option('--exchanges <file>', 'JSON list of [request, response] (default: the Launcelot three)')
    .option('--greeting <text>', 'what the server sends on connecting')
    .option('--tls', 'speak TLS 1.2 or 1.3; each handshake is a whole one')
    .option('--tls-name <name>', "the server's name (default: localhost)")
    .option('--tls-ca <file>', 'PEM file of certificates to trust (default: any are)')
}

function addOutputs(command: Command): void {
  command
    .option('--json [file]', 'write everything as JSON; without a file, to stdout instead of text')
    .option('--csv [file]', 'write a row for each measurement; without a file, to stdout')
    .option('--hdr <file>', 'write an HdrHistogram log of every second')
    .option(
      '--fail-if <condition>',
      'exit with 3 if it comes true; may stand several times',
      (text: string, before: string[] = []) => [...before, text],
    )
}

/** Loaded when it is needed: what draws and reads histograms would slow other commands down. */
async function bench(targets: string[], flags: BenchCommandFlags): Promise<void> {
  const action = await import('./bench-action.ts')
  await action.bench(targets, flags)
}

function toNumber(text: string): number {
  if (!/^\d{1,15}(\.\d{1,9})?$/.test(text)) throw new InvalidArgumentError('A number is expected.')
  return Number(text)
}

function toCycles(text: string): number[] {
  if (!/^\d{1,9}(:\d{1,9})*$/.test(text)) {
    throw new InvalidArgumentError('Numbers of users are expected, as in 1:2:3.')
  }
  return text.split(':').map(Number)
}
