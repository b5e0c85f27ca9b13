/** Frames: cutting, limits, decoding. Every way of splitting is in `split.spec.ts`. */

import test from 'ava'
import { FrameBuffer } from '../../src/protocol/frame-buffer.ts'

function framesOf(buffer: FrameBuffer): string[] {
  const frames: string[] = []
  while (buffer.find() === 'frame') {
    frames.push(buffer.text('latin1'))
    buffer.consume()
  }
  return frames
}

test('a piece with several frames gives them in order and keeps the rest', t => {
  const buffer = new FrameBuffer(Buffer.from('\r\n'), 100)
  buffer.push(Buffer.from('one\r\n\r\nthree\r\nfo'))
  t.deepEqual(framesOf(buffer), ['one', '', 'three'])
  t.is(buffer.length, 2)
  t.is(buffer.find(), 'more')
  buffer.push(Buffer.from('ur\r\n'))
  t.deepEqual(framesOf(buffer), ['four'])
  t.is(buffer.length, 0)
})

test('a frame that was found stands until it is consumed, whatever is pushed', t => {
  const buffer = new FrameBuffer(Buffer.from('?'), 100)
  buffer.push(Buffer.from('a?b'))
  t.is(buffer.find(), 'frame')
  buffer.push(Buffer.from('c?'))
  t.is(buffer.find(), 'frame')
  t.deepEqual(framesOf(buffer), ['a', 'bc'])
})

test('the longest frame passes and one more byte does not, whole or byte by byte', t => {
  for (const delimiter of ['?', '\r\n', 'aab']) {
    for (const [bytes, verdict] of [
      [10, 'frame'],
      [11, 'too-long'],
    ] as const) {
      const stream = Buffer.from('.'.repeat(bytes) + delimiter)
      const whole = new FrameBuffer(Buffer.from(delimiter), 10)
      whole.push(stream)
      t.is(whole.find(), verdict)
      const single = new FrameBuffer(Buffer.from(delimiter), 10)
      for (const byte of stream) {
        single.push(Buffer.from([byte]))
        if (single.find() === 'too-long') break
      }
      t.is(single.find(), verdict)
    }
  }
})

test('the verdict too-long falls with the byte that makes it certain', t => {
  const buffer = new FrameBuffer(Buffer.from('\r\n'), 3)
  buffer.push(Buffer.from('1234'))
  t.is(buffer.find(), 'more')
  buffer.push(Buffer.from('5'))
  t.is(buffer.find(), 'too-long')
})

test('latin1 text loses no byte and utf8 text is decoded', t => {
  const buffer = new FrameBuffer(Buffer.from('?'), 100)
  buffer.push(Buffer.concat([Buffer.from('é'), Buffer.from([0, 0xff]), Buffer.from('?')]))
  t.is(buffer.find(), 'frame')
  t.is(buffer.text('latin1'), '\xc3\xa9\0\xff')
  t.is(buffer.text('utf8'), 'é\0\ufffd')
})

test('a frame of 16 KiB in single bytes is searched in time that grows with its length', t => {
  let searched = 0
  const delimiter = Buffer.from('?')
  const buffer = new FrameBuffer(delimiter, 16_384)
  const indexOf = Buffer.prototype.indexOf
  t.teardown(() => {
    Buffer.prototype.indexOf = indexOf
  })
  Buffer.prototype.indexOf = function (this: Buffer, ...args: Parameters<typeof indexOf>) {
    searched += this.length - Number(args[1])
    return indexOf.apply(this, args)
  } as typeof indexOf
  for (let count = 0; count < 16_384; count++) {
    buffer.push(Buffer.from('.'))
    buffer.find()
  }
  t.is(searched, 16_384)
})
