#!/usr/bin/env node
/** The program `lancelot`: its commands, its help and its exit codes. */

import { createRequire } from 'node:module'
import { Command, CommanderError } from 'commander'
import { addAsk } from './ask.ts'
import { EXIT_CODES, failUsage } from './failure.ts'
import { addServe } from './serve.ts'

const { version } = createRequire(import.meta.url)('lancelot/package.json') as { version: string }

const exitCodes = Object.entries(EXIT_CODES).map(([code, meaning]) => `  ${code}  ${meaning}`)

/** Commands inherit how the program exits and helps, so these are set before they are added. */
const program = new Command('lancelot')
  .description('Answers questions over TCP from native event loops, and measures who does.')
  .version(version)
  .exitOverride()
  .configureOutput({ outputError: () => {} })
  .addHelpText('afterAll', `\nExit codes:\n${exitCodes.join('\n')}`)

addServe(program)
addAsk(program)
// What only measures is not loaded by a server, which would pay for it with its start and memory.
if (!['serve', 'ask'].includes(process.argv[2] ?? '')) {
  const { addBench } = await import('./bench.ts')
  const { addCompare } = await import('./compare.ts')
  const { addReport } = await import('./report.ts')
  const { addVerify } = await import('./verify.ts')
  for (const add of [addBench, addCompare, addReport, addVerify]) add(program)
}

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  // Help and version are thrown too, with 0.
  if (error.exitCode !== 0) failUsage(error, { json: process.argv.includes('--json') })
}
