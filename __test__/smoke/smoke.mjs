/**
 * The smoke set: what has to work in every runtime, without a test runner.
 *
 * Run `npm run build`, then this file with any runtime: `bun __test__/smoke/smoke.mjs`. Prints TAP
 * and ends with 1 if a check failed. It has to end by itself, so a server that keeps the process
 * alive after it was closed is a failure too.
 */

// Deno's own, before 2.8, gives a number.
import { setTimeout } from 'node:timers'
import { startJsServer, startPollServer } from '../../dist/index.js'
import { answersWhileBlocked } from './blocked.mjs'
import { BORDER_CHECKS } from './border-checks.mjs'
import { CHECKS } from './checks.mjs'
import { livesOf } from './lives.mjs'
import { runChecks } from './run.mjs'
import { play } from './scene.mjs'

const CHECK_MS_MAX = 20_000
/** From the last check to the end of the process. */
const END_MS_MAX = 5000

const ENGINES = { native: startPollServer, js: startJsServer }

function checksOf(engine) {
  const own =
    engine === 'native' ? [['answers leave while JavaScript is blocked', answersWhileBlocked]] : []
  const checks = [...CHECKS, ...BORDER_CHECKS, ...own].map(([title, check]) => ({
    title: `${engine}: ${title}`,
    run: () => play(ENGINES[engine], check),
  }))
  return [...checks, ...livesOf(engine)]
}

const failed = await runChecks(Object.keys(ENGINES).flatMap(checksOf), {
  checkMsMax: CHECK_MS_MAX,
})
process.exitCode = failed === 0 ? 0 : 1

setTimeout(() => {
  console.log(`Bail out! something keeps the process alive ${END_MS_MAX} ms after the last check`)
  process.exit(1)
}, END_MS_MAX).unref()
