/**
 * What the types of the public interface say: `tsc --noEmit` is the test, for it refuses this file
 * where one of them is not what is written here.
 */

import test from 'ava'
import {
  type Connection,
  type Encoding,
  type Handler,
  type LancelotServer,
  type ServerEvent,
  startJsServer,
  startPollServer,
} from '../index.ts'

type Same<One, Other> =
  (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false

/** Holds for the compiler, or does not compile. */
function same<One, Other>(_: Same<One, Other>): void {}

/** Compiled, never called: what is of interest are the types. */
async function encodings(encoding: Encoding): Promise<void> {
  const text = await startPollServer({
    handler(request, connection) {
      same<typeof request, string>(true)
      same<typeof connection, Connection>(true)
      return request
    },
    routes: { get: request => request.slice(3) },
  })
  same<typeof text, LancelotServer<'utf8'>>(true)
  const latin1 = await startPollServer({ encoding: 'latin1', handler: request => request.trim() })
  same<typeof latin1, LancelotServer<'latin1'>>(true)
  const takesText: Handler = request => request.toUpperCase()
  const named = await startPollServer({ encoding: 'latin1', handler: takesText })
  same<typeof named, LancelotServer<'latin1'>>(true)
  const bytes = await startJsServer({
    encoding: 'buffer',
    handler(request) {
      same<typeof request, Buffer>(true)
      return request.subarray(1)
    },
    routes: [['get', async request => request.readUInt8(0).toString()]],
  })
  bytes.on('request', (_, request, number) => {
    same<typeof request, Buffer>(true)
    same<typeof number, number>(true)
  })
  bytes.on('response', (_, response) => same<typeof response, Buffer>(true))
  text.on('response', (_, response) => same<typeof response, string>(true))
  const any = await startJsServer({
    encoding,
    handler(request) {
      same<typeof request, string | Buffer>(true)
      return request
    },
  })
  same<typeof any, LancelotServer<Encoding>>(true)
  const plain = await startJsServer()
  same<typeof plain, LancelotServer<'utf8'>>(true)
  for (const server of [text, latin1, bytes, any] satisfies LancelotServer[]) server.unref().ref()
}

/** Compiled, never called. */
async function refusals(): Promise<void> {
  const takesText: Handler = request => request.toUpperCase()
  // @ts-expect-error a handler of text is given Buffers
  await startPollServer({ encoding: 'buffer', handler: takesText })
  // @ts-expect-error there is no such encoding
  await startPollServer({ encoding: 'utf16' })
  const server = await startPollServer()
  // @ts-expect-error there is no such event
  server.on('opened', () => {})
  // @ts-expect-error there is no such event
  server.events({ only: ['opened'] })
  // @ts-expect-error nobody can ask to be told of a loss
  server.events({ only: ['dropped'] })
}

/** Compiled, never called. */
async function events(server: LancelotServer<'buffer'>): Promise<void> {
  for await (const event of server.events()) same<typeof event, ServerEvent<'buffer'>>(true)
  for await (const event of server.events({ only: ['close', 'request'] })) {
    same<typeof event.type, 'close' | 'request' | 'dropped'>(true)
    if (event.type === 'request') same<typeof event.request, Buffer>(true)
  }
  for await (const connection of server.connections()) same<typeof connection, Connection>(true)
}

test('the compiler agrees', t => {
  for (const compiled of [encodings, refusals, events]) t.is(typeof compiled, 'function')
})
