/** A server of node:tls that answers the questions of the Launcelot protocol, and certificates. */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer, type TlsOptions } from 'node:tls'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { LANCELOT_EXCHANGES } from '../../src/load/contestants.ts'

const ANSWERS: ReadonlyMap<string, string> = new Map(LANCELOT_EXCHANGES)

/** The path of a PEM file among the certificates of the tests. */
export function pathOf(name: string): string {
  return fileURLToPath(new URL(`../certificates/${name}.pem`, import.meta.url))
}

/** Listens until the test is over; returns the port. */
export async function serveTls(t: ExecutionContext, options: TlsOptions = {}): Promise<number> {
  const [cert, key] = ['server', 'server-key'].map(name => readFileSync(pathOf(name)))
  const server = createServer({ cert, key, noDelay: true, ...options }, socket => {
    let asked = ''
    socket.setEncoding('latin1').on('data', (text: string) => {
      const requests = `${asked}${text}`.split('?')
      asked = requests.pop() ?? ''
      const answers = requests.map(request => ANSWERS.get(`${request}?`) ?? 'unknown')
      if (answers.length > 0) socket.write(answers.join(''))
    })
    socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}
