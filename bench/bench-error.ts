/** Why the benchmark could not be run. What a server did wrong is no error here: it is reported. */

/** Every reason has a stable code. */
export type BenchErrorCode =
  | 'BAD_ARGUMENT'
  | 'MACHINE_UNFIT'
  | 'NOT_BUILT'
  | 'OUTPUT_UNREADABLE'
  | 'SERVER_FAILED'
  | 'TOOL_MISSING'

/** Says what was wrong, what was expected and what to do. */
export class BenchError extends Error {
  readonly code: BenchErrorCode

  constructor(code: BenchErrorCode, message: string) {
    super(message)
    this.name = 'BenchError'
    this.code = code
  }
}
