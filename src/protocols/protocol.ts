/** What a ready protocol is. Types only. */

import type { ServerOptions } from '../types.ts'

/** A protocol that a server can speak and a client can ask, ready to use. */
export interface Protocol {
  /** Its name on the command line. */
  readonly name: string
  /** One line for a table. */
  readonly summary: string
  /** For `startPollServer` and its siblings. */
  readonly options: ServerOptions
  /** Every question that it knows, with its delimiter. */
  readonly questions: readonly string[]
  /** What ends an answer, for `connect`. */
  readonly terminator: string
}
