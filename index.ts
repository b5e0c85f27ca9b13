/** What the package exports. No logic. */

export { readAnswers } from './src/answers-file.ts'
export type { Answers, ReadAnswer, TextOrBytes } from './src/answers-view.ts'
export { type AskOptions, type Client, type ClientOptions, connect } from './src/client.ts'
export {
  CLOSE_CODES,
  type CloseCode,
  ERROR_CODES,
  type ErrorCode,
  LancelotError,
} from './src/errors.ts'
export { lancelot } from './src/protocols/lancelot.ts'
export type { Protocol } from './src/protocols/protocol.ts'
export { zen } from './src/protocols/zen.ts'
export type { ChannelMessage, LancelotServer } from './src/server.ts'
export { startJsServer, startPollServer, startServer } from './src/start-server.ts'
export type * from './src/types.ts'
