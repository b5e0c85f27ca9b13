/** What the native designs refuse, and how many threads they have. */

import { readdirSync, readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import test from 'ava'
import { type LancelotError, startServer } from '../../index.ts'
import { multiLoop } from '../../src/architectures/multi-loop.ts'
import { isDesignFault, loadAddon, type NativeOptions } from '../../src/native.ts'
import { parseServerOptions } from '../../src/options.ts'

const ONE_LOOP = [
  'select',
  'poll-syscall',
  'one-at-a-time',
  'thread-per-connection',
  'thread-pool',
] as const

/** Threads of this process that an event loop of the engine runs on. */
function countLoops(): number {
  const names = readdirSync('/proc/self/task').map(task => {
    try {
      return readFileSync(`/proc/self/task/${task}/comm`, 'utf8').trim()
    } catch {
      // It has ended since it was listed.
      return ''
    }
  })
  return names.filter(name => /^lancelot-\d+$/.test(name)).length
}

/** Until there are so many; a thread gets its name a moment after it began. */
async function untilLoops(count: number): Promise<void> {
  while (countLoops() !== count) await setImmediate()
}

for (const architecture of ONE_LOOP) {
  test.serial(`${architecture} refuses several loops`, async t => {
    const error = await t.throwsAsync<LancelotError>(
      startServer({ architecture, port: 0, loops: 2 }),
      { code: 'ERR_LANCELOT_OPTION_RANGE' },
    )
    t.is(error.option, 'loops')
    t.regex(error.message, new RegExp(`${architecture} has one; poll takes loops, and multi-loop`))
  })
}

test.serial('multi-loop has as many loops as workers, and poll as many as loops', async t => {
  const usual = multiLoop.workers as number
  t.true(usual >= 2 && usual <= 64)
  for (const [options, loops] of [
    [{ architecture: 'multi-loop', workers: 3 }, 3],
    [{ architecture: 'poll', loops: 4 }, 4],
    [{ architecture: 'multi-loop' }, usual],
    [{ architecture: 'select' }, 1],
  ] as const) {
    const server = await startServer({ ...options, port: 0 })
    await t.notThrowsAsync(untilLoops(loops))
    await server.close()
    await untilLoops(0)
  }
})

test.serial('multi-loop is not told twice how many loops it has', async t => {
  const options = { architecture: 'multi-loop', port: 0, loops: 2 } as const
  const error = await t.throwsAsync<LancelotError>(startServer(options), {
    code: 'ERR_LANCELOT_OPTION_RANGE',
  })
  t.regex(error.message, /workers says how many/)
})

test.serial('a design that the engine lacks is told from other faults', async t => {
  const addon = await loadAddon()
  const { unknownAnswer: _, workers: _workers, ...settings } = parseServerOptions({ port: 0 })
  const options = { ...settings, hasHandler: false, routes: [], knowsRequests: true, workers: 1 }
  const design = 'telepathy' as NativeOptions['design']
  const error = t.throws(() => new addon.NativeServer({ ...options, design })) as Error
  t.true(isDesignFault(error))
  t.false(isDesignFault(new Error('errno 98: Address already in use')))
})
