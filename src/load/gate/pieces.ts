/** Requests in pieces: two in one packet, one and a half, one cut at every byte. */

import { setTimeout as wait } from 'node:timers/promises'
import { type Check, exchangeAt, expectBytes, Fault, PASSED, quote, visit } from './check.ts'

/** Long enough that the server reads the first piece before the second is sent. */
const BETWEEN_PIECES_MS = 2

export const twoInAPacket: Check = {
  name: 'two in a packet',
  face: subject => {
    const first = exchangeAt(subject, 0)
    const second = exchangeAt(subject, 1)
    const what = 'two questions in one packet'
    return visit(subject.port, what, async caller => {
      await caller.send(first.request + second.request)
      await expectBytes(caller, 0, first.response + second.response, what)
      return PASSED
    })
  },
}

export const oneAndAHalf: Check = {
  name: 'one and a half',
  face: subject => {
    const first = exchangeAt(subject, 0)
    const second = exchangeAt(subject, 1)
    const half = Math.floor(second.request.length / 2)
    return visit(subject.port, 'one question and a half', async caller => {
      await caller.send(first.request + second.request.slice(0, half))
      await expectBytes(caller, 0, first.response, 'the question before a half one')
      await caller.send(second.request.slice(half))
      const what = 'a question whose first half came with the one before'
      await expectBytes(caller, first.response.length, second.response, what)
      return PASSED
    })
  },
}

export const splitAtEveryByte: Check = {
  name: 'split at every byte',
  face: ({ port, exchanges }) =>
    visit(port, 'a question in two pieces', async caller => {
      let from = 0
      for (const [request, response] of exchanges) {
        for (let cut = 1; cut < request.length; cut++) {
          const [head, tail] = [request.slice(0, cut), request.slice(cut)]
          await caller.send(head)
          await wait(BETWEEN_PIECES_MS)
          const early = caller.received().slice(from)
          if (early !== '') throw new Fault(`${quote(head)} was answered with ${quote(early)}`)
          await caller.send(tail)
          await expectBytes(caller, from, response, `${quote(head)}, then ${quote(tail)}`)
          from += response.length
        }
      }
      return PASSED
    }),
}

export const byteByByte: Check = {
  name: 'byte by byte',
  face: subject => {
    const { request, response } = exchangeAt(subject, 0)
    const what = 'a question byte by byte'
    return visit(subject.port, what, async caller => {
      for (const byte of request) {
        await caller.send(byte)
        await wait(1)
      }
      await expectBytes(caller, 0, response, what)
      return PASSED
    })
  },
}
