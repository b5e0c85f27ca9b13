/**
 * TLS on the command line of `lancelot bench`: from flags to what the generator is told, and from
 * what it says to a line for people. Speaks no TLS itself.
 */

import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { LancelotError } from '../errors.ts'
import { rangeError } from '../option-table.ts'
import type { BenchResult } from './bench-run.ts'
import type { RunCommand } from './load-protocol.ts'

/** What can be said of TLS. */
export interface TlsFlags {
  tls?: boolean
  /** The name that the server is asked for. @default 'localhost' */
  tlsName?: string
  /** A PEM file of certificates to trust. @default any is */
  tlsCa?: string
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs
const HOST_NAME = /^(?=.{1,253}$)[\w-]{1,63}(\.[\w-]{1,63})*$/

/** Undefined without TLS. Rejects with ERR_LANCELOT_OPTION_RANGE; reads the file. */
export async function planTls({ tls, tlsName, tlsCa }: TlsFlags): Promise<RunCommand['tls']> {
  if (!tls) {
    const given = tlsName === undefined ? '--tls-ca' : '--tls-name'
    if (tlsName === undefined && tlsCa === undefined) return undefined
    throw rangeError(given, 'given', 'with --tls only')
  }
  if (tlsName !== undefined && isIP(tlsName) === 0 && !HOST_NAME.test(tlsName)) {
    throw rangeError('--tls-name', `'${tlsName}'`, 'a host name or an address, as localhost')
  }
  return {
    ...(tlsName !== undefined && { name: tlsName }),
    ...(tlsCa !== undefined && { ca: await readCertificates(tlsCa) }),
  }
}

/** Of each target what was agreed on with it, whom it was believed, and what failed. */
export function tlsTexts(results: readonly BenchResult[]): string[] {
  const texts = results.map(({ target, result: { tls } }) => {
    if (tls === undefined) return []
    const { version, cipherSuite, isVerified, failure } = tls
    const agreed = version === undefined ? 'no handshake was over' : `${version}, ${cipherSuite}`
    const trust = isVerified ? 'verified' : 'not verified, since there was no --tls-ca'
    const failed = failure === undefined ? '' : `; what failed first: ${failure}`
    return [`TLS with ${target.name}: ${agreed}; certificates were ${trust}${failed}.`]
  })
  return [...new Set(texts.flat())]
}

/** The certificates of a file, as PEM. */
async function readCertificates(file: string): Promise<string> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw wrong(file, `cannot be read: ${(cause as Error).message}`, cause)
  }
  const certificates = text.match(CERTIFICATE) ?? []
  if (certificates.length === 0) throw wrong(file, 'holds no certificate')
  for (const [index, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate)
    } catch (cause) {
      throw wrong(file, `has none as its certificate ${index + 1}`, cause)
    }
  }
  return certificates.join('\n')
}

function wrong(file: string, found: string, cause?: unknown): LancelotError {
  return new LancelotError(
    'ERR_LANCELOT_OPTION_RANGE',
    `--tls-ca: ${file} ${found}; expected a PEM file: -----BEGIN CERTIFICATE----- ...`,
    { cause },
  )
}
