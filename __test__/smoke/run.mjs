/**
 * Runs checks one after the other and prints a line of TAP for each. Knows nothing of servers.
 *
 * No test runner, for it has to run in every runtime. A check is `{ title, run }`; it fails if it
 * throws, rejects or takes too long.
 */

/** Runs the checks. Resolves to how many failed. */
export async function runChecks(checks, { checkMsMax, print = console.log }) {
  let failed = 0
  let number = 0
  for (const { title, run } of checks) {
    number += 1
    const beganMs = performance.now()
    const error = await failureOf(run, checkMsMax)
    const ms = Math.round(performance.now() - beganMs)
    print(`${error === undefined ? 'ok' : 'not ok'} ${number} - ${title} # ${ms} ms`)
    if (error === undefined) continue
    failed += 1
    print(`  ${String(error?.stack ?? error).replaceAll('\n', '\n  ')}`)
  }
  print(`1..${number}`)
  return failed
}

/** What a check failed with, or undefined. */
async function failureOf(run, checkMsMax) {
  let timer
  const late = new Promise((_, reject) => {
    const say = () => reject(new Error(`did not end within ${checkMsMax} ms`))
    timer = setTimeout(say, checkMsMax)
  })
  try {
    await Promise.race([run(), late])
    return undefined
  } catch (error) {
    return error ?? new Error('threw nothing')
  } finally {
    clearTimeout(timer)
  }
}
