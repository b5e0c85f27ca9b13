/**
 * The layout as data: a file imports only files above it in its list (DESIGN, section 4).
 *
 * Every source file is in a list and every entry is a file, so the lists stay true.
 */

/** TypeScript without sockets, timers or the addon: the protocol and what it stands on. */
export const TYPESCRIPT_CORE: readonly string[] = [
  'src/errors.ts',
  'src/nearest-name.ts',
  'src/option-table.ts',
  'src/options.ts',
  'src/types.ts',
  'src/text-encoding.ts',
  'src/protocol/frame-buffer.ts',
  'src/protocol/answers.ts',
  'src/protocol/routes.ts',
  'src/protocol/tasks.ts',
  'src/protocol/pipeline.ts',
  'src/protocol/shared.ts',
  'src/protocol/exchanges.ts',
  'src/protocol/clocks.ts',
  'src/protocol/connection.ts',
]

/** All TypeScript, the core first. */
export const TYPESCRIPT_ORDER: readonly string[] = [
  ...TYPESCRIPT_CORE,
  'src/listen-error.ts',
  'src/ask-handler.ts',
  'src/push.ts',
  'src/deadline-timer.ts',
  'src/overload.ts',
  'src/groups.ts',
  'src/peer-connection.ts',
  'src/peer.ts',
  'src/native.ts',
  'src/native-answers.ts',
  'src/native-tickets.ts',
  'src/native-inbox.ts',
  'src/native-outbox.ts',
  'src/native-connection.ts',
  'src/native-requests.ts',
  'src/native-actions.ts',
  'src/native-overloads.ts',
  'src/architectures/architecture.ts',
  'src/architectures/callback.ts',
  'src/architectures/poll.ts',
  'src/answers-view.ts',
  'src/interest-emitter.ts',
  'src/event-stream.ts',
  'src/channels.ts',
  'src/event-readers.ts',
  'src/warnings.ts',
  'src/event-teller.ts',
  'src/server.ts',
  'src/start-server.ts',
  'src/client-options.ts',
  'src/client.ts',
  'src/protocols/protocol.ts',
  'src/protocols/lancelot.ts',
  'src/protocols/zen.ts',
  'src/json-fault.ts',
  'src/answers-file.ts',
  'index.ts',
  'src/cli/escapes.ts',
  'src/cli/failure.ts',
  'src/cli/log.ts',
  'src/cli/protocols.ts',
  'src/cli/arguments.ts',
  'src/cli/ask.ts',
  'src/cli/serve.ts',
  'src/cli/main.ts',
]

/** Where TypeScript starts: what these do not reach is dead. */
export const TYPESCRIPT_ENTRIES: readonly string[] = ['index.ts', 'src/cli/main.ts']

/** May be imported from above it, as types. */
export const CONTRACT = 'src/types.ts'

/** The only file that may import the addon. */
export const ADDON_IMPORTER = 'src/native.ts'

/** Rust without mio, sockets, threads or clocks: the protocol. */
export const ENGINE_CORE: readonly string[] = [
  'error',
  'frame',
  'routes',
  'config',
  'trie',
  'answers',
  'pipeline',
  'responses',
  'busy',
  'turn',
  'connection',
]

/** All of the engine, the core first. */
export const ENGINE_ORDER: readonly string[] = [
  ...ENGINE_CORE,
  'handler',
  'action',
  'groups',
  'stats',
  'timers',
  'socket',
  'slab',
  'peer',
  'mailbox',
  'accept',
  'event_loop',
  'server',
  'lib',
]

/** All of the border. */
export const BORDER_ORDER: readonly string[] = [
  'records',
  'seen',
  'responses',
  'border',
  'teller',
  'lib',
]

/** All of the addon. */
export const ADDON_ORDER: readonly string[] = ['bell', 'convert', 'server', 'lib']

/** What the protocol may not name, in TypeScript: it has no socket and no clock. */
export const TYPESCRIPT_BANS: readonly RegExp[] = [
  /['"](node:)?(net|tls|dgram|timers|timers\/promises|worker_threads|child_process|fs)['"]/,
  /['"]#addon['"]/,
  /\b(setTimeout|setInterval|setImmediate|queueMicrotask)\b/,
  /\b(Date\.now|performance\.now|process\.hrtime|process\.nextTick)\b/,
]

/** What the protocol may not name, in Rust. */
export const ENGINE_BANS: readonly RegExp[] = [
  /\bmio\b/,
  /\bsocket2\b/,
  /\bstd::(net|thread|os)\b/,
  /\b(Instant|SystemTime)\b/,
]
