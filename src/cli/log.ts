/** What a serving command says: for people, or as one JSON line for each event. */

import type { Address, Connection, ConnectionSummary, StopSummary } from '../types.ts'

/** How to log. */
export interface LogOptions {
  /** One JSON line for each event. */
  json: boolean
  /** No line for connections. */
  quiet: boolean
}

/** What is served, for the first lines. */
export interface Serving {
  address: Address
  architecture: string
  /** What to try, as a sentence. */
  hint: string
}

/** Writes what happens to stdout. */
export class Log {
  readonly #options: LogOptions

  constructor(options: LogOptions) {
    this.#options = options
    // Whoever read this may be gone (`| head`); the server carries on.
    process.stdout.on('error', () => {})
  }

  listening({ address, architecture, hint }: Serving): void {
    const { host, port } = address
    const at = address.family === 'IPv6' ? `[${host}]:${port}` : `${host}:${port}`
    this.#write(
      'listening',
      { ...address, architecture },
      `listening on ${at}, architecture ${architecture}\n${hint}`,
    )
  }

  opened({ id, remoteAddress, remotePort }: Connection): void {
    if (this.#options.quiet) return
    const from =
      remoteAddress === undefined ? 'a peer that is gone' : `${remoteAddress}:${remotePort}`
    this.#write('connection', { id, remoteAddress, remotePort }, `#${id} opened from ${from}`)
  }

  closed({ id }: Connection, summary: ConnectionSummary): void {
    if (this.#options.quiet) return
    const { code, requests, bytesRead, bytesWritten, durationMs } = summary
    const traffic = `${bytesRead} bytes in, ${bytesWritten} out`
    const time = `${Math.round(durationMs)} ms`
    const text = `#${id} closed: ${code}, ${plural(requests, 'request')}, ${traffic}, ${time}`
    this.#write('close', { id, ...summary }, text)
  }

  stopping(how: string): void {
    this.#write('stopping', {}, how)
  }

  stopped(summary: StopSummary): void {
    const { drained, cut } = summary
    this.#write('stopped', { drained, cut }, `stopped: ${drained} drained, ${cut} cut`)
  }

  /** Something failed and the server carries on. */
  failed(error: Error): void {
    const { code, message } = error as Error & { code?: string }
    const line = this.#options.json
      ? JSON.stringify({ event: 'error', code, message })
      : `lancelot: ${message} (${code})`
    process.stderr.write(`${line}\n`)
  }

  #write(event: string, fields: object, text: string): void {
    const line = this.#options.json ? JSON.stringify({ event, ...fields }) : text
    process.stdout.write(`${line}\n`)
  }
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}
