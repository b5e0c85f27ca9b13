/** What `src/native.ts` says of the addon is what the addon says of itself. */

import test from 'ava'
import type * as Generated from '../../native/binding.js'
import { CLOSE_CODES } from '../../src/errors.ts'
import type * as Written from '../../src/native.ts'
import { loadAddon } from '../../src/native.ts'

/** Fails to compile unless each of the two may stand for the other. */
type Same<A, B> = [A, B] extends [B, A] ? true : false

/** The compiler is the test: a type that differs leaves no `true` to write here. */
const SAME: [
  Same<Written.NativeServer, Generated.NativeServer>,
  Same<Written.NativeOptions, Generated.NativeOptions>,
  Same<Required<Written.NativeOptions>, Required<Generated.NativeOptions>>,
  Same<Written.NativeStats, Generated.NativeStats>,
  Same<Written.EntryFault, Generated.EntryFault>,
  Same<keyof Written.NativeServer, keyof Generated.NativeServer>,
  Same<keyof Written.NativeOptions, keyof Generated.NativeOptions>,
  Same<
    ConstructorParameters<Written.Addon['NativeServer']>,
    ConstructorParameters<typeof Generated.NativeServer>
  >,
  Same<Written.Addon['closeCodes'], typeof Generated.closeCodes>,
  Same<Written.Addon['shareListener'], typeof Generated.shareListener>,
  Same<Written.Addon['closeDescriptors'], typeof Generated.closeDescriptors>,
] = [true, true, true, true, true, true, true, true, true, true, true]

test('the addon exports what is written of it', async t => {
  const addon = await loadAddon()
  t.true(SAME.every(Boolean))
  t.is(typeof addon.NativeServer, 'function')
  const methods: Record<keyof Written.NativeServer, true> = {
    listen: true,
    port: true,
    setInterest: true,
    keepAlive: true,
    drain: true,
    ring: true,
    respond: true,
    send: true,
    broadcast: true,
    setMember: true,
    steer: true,
    inspect: true,
    list: true,
    setAnswer: true,
    deleteAnswer: true,
    replaceAnswers: true,
    findAnswer: true,
    answerCount: true,
    allAnswers: true,
    stats: true,
    stop: true,
    release: true,
  }
  for (const name of Object.keys(methods)) t.true(name in addon.NativeServer.prototype, name)
})

test('the addon and TypeScript have the same codes, in the same order', async t => {
  const { closeCodes } = await loadAddon()
  t.deepEqual(closeCodes(), [...CLOSE_CODES])
})
