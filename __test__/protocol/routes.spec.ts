/** Which handler a request is for, against an oracle that tries every prefix. */

import { deepStrictEqual } from 'node:assert/strict'
import test from 'ava'
import fc from 'fast-check'
import { Routes } from '../../src/protocol/routes.ts'
import { newSeed } from '../native/random.ts'

const handler = (): null => null

/** Prefixes as latin1 text, as a server's settings hold them. */
function routesOf(prefixes: readonly string[], fallback?: typeof handler): Routes {
  const routes = prefixes.map(prefix => ({ prefix: Buffer.from(prefix, 'latin1') }))
  return new Routes(routes, fallback)
}

/** The longest prefix that fits, by trying all. */
function foretell(prefixes: readonly string[], request: string): number | undefined {
  let longest: number | undefined
  for (const [index, prefix] of prefixes.entries()) {
    const isLonger = longest === undefined || prefix.length > (prefixes[longest - 1]?.length ?? 0)
    if (request.slice(0, prefix.length) === prefix && isLonger) longest = index + 1
  }
  return longest
}

test('without a prefix that fits the default takes a request, or nobody', t => {
  t.is(routesOf([], handler).find('a'), 0)
  t.is(routesOf([]).find('a'), undefined)
  t.is(routesOf(['b'], handler).find('a'), 0)
  t.is(routesOf(['b'], handler).find(''), 0)
  t.is(routesOf(['b']).find('a'), undefined)
})

test('the longest prefix that fits wins, in whatever order they were given', t => {
  for (const prefixes of [
    ['get ', 'get user ', 'set '],
    ['set ', 'get user ', 'get '],
  ]) {
    const find = (request: string): string | undefined =>
      prefixes[(routesOf(prefixes).find(request) ?? 0) - 1]
    t.is(find('get it'), 'get ')
    t.is(find('get user 7'), 'get user ')
    t.is(find('get user '), 'get user ')
    t.is(find('get user'), 'get ')
    t.is(find('get'), undefined)
    t.is(find('del '), undefined)
  }
})

test('a prefix is bytes: NUL and what is over ASCII are ordinary', t => {
  const routes = routesOf(['\0', 'Ã', 'Ã¼', 'ÿ'])
  t.deepEqual(
    ['\0x', Buffer.from('ü').toString('latin1'), 'Ãx', 'ÿÿ', 'x'].map(text => routes.find(text)),
    [1, 3, 2, 4, undefined],
  )
})

/** Few characters, at both ends of a byte, so that prefixes nest and neighbours differ late. */
const text = (min: number, max: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom('a', 'b', '\0', 'ÿ'), minLength: min, maxLength: max })

test('any prefixes find what an oracle finds that tries every one', t => {
  const seed = newSeed() | 0
  t.log(`SEED=${seed}`)
  const prefixes = fc.uniqueArray(text(1, 6), { maxLength: 60 })
  const requests = fc.array(text(0, 9), { minLength: 1, maxLength: 40 })
  let found = 0
  fc.assert(
    fc.property(prefixes, requests, (list, asked) => {
      const routes = routesOf(list)
      for (const request of asked) {
        const wanted = foretell(list, request)
        deepStrictEqual(routes.find(request), wanted)
        if (wanted !== undefined) found += 1
      }
    }),
    { seed, numRuns: 3000 },
  )
  t.true(found > 1000, `${found} of the requests were for a route`)
})

test('a thousand prefixes that nest are all found', t => {
  const prefixes = Array.from({ length: 1024 }, (_, index) => 'n'.repeat(index + 1))
  const routes = routesOf(prefixes)
  for (const length of [1, 2, 511, 1024]) t.is(routes.find('n'.repeat(length)), length)
  t.is(routes.find('n'.repeat(2000)), 1024)
  t.is(routes.find(`${'n'.repeat(700)}o`), 700)
})
