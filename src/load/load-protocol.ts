/**
 * What the load generator (`crate/load`) is told and what it says: one line of JSON each.
 *
 * Types only; `crate/load/src/main.rs` has examples. Bytes stand in text as latin1. Histograms are
 * HdrHistograms of nanoseconds (1 to 6e10, 3 digits), in their V2 DEFLATE form, as base64.
 */

/** A base64 HdrHistogram of nanoseconds. */
export type EncodedHistogram = string

/** Users who ask again once they are answered. */
export interface ClosedModel {
  kind: 'closed'
  users: number
  /** Requests that are sent at once. @default 1 */
  depth?: number
  /** Requests after which a user leaves and comes again; 0: never. @default 0 */
  questions?: number
  /** How long a user waits before it asks again. @default 0 */
  thinkUs?: number
  /** So long after each user the next one comes; they come before the warm-up. @default 0 */
  rampMs?: number
  /**
   * The window ends, before `measureMs`, when so many requests of it were answered; no more are
   * asked. A multiple of `depth`; 0: no limit. With `warmMs: 0` nothing else is asked but the one
   * burst by which each user is known to be there before that. @default 0
   */
  requestsMax?: number
}

/** Requests by the clock, whether or not the last was answered. */
export interface OpenModel {
  kind: 'open'
  /** Requests a second, all connections together. */
  rate: number
  /** The rate at the end of the window, which it reaches evenly. @default the same */
  rateAtEnd?: number
  arrivals: 'poisson' | 'constant'
  connections: number
}

/** Sessions by the clock: connect, ask one by one, leave. */
export interface PartlyOpenModel {
  kind: 'partly-open'
  /** Sessions a second. */
  rate: number
  rateAtEnd?: number
  arrivals: 'poisson' | 'constant'
  /** Requests of each session. */
  questions: number
  /** Sessions at once; those that would be more are counted as refused by the generator. */
  sessionsMax?: number
}

export type Model = ClosedModel | OpenModel | PartlyOpenModel

/**
 * TLS 1.2 or 1.3. Every handshake is a whole one: no session is resumed. A request counts as sent
 * when the handshake is over; who fails in it, or is turned away by an alert before it was ever
 * answered, is refused.
 */
export interface TlsWish {
  /** The server's name, or address, for the server and its certificate. @default 'localhost' */
  name?: string
  /**
   * Certificates to trust, as PEM or the path of such a file: the server's own, or those that
   * signed it. @default any certificate is, for servers under test have made theirs themselves
   */
  ca?: string
}

/** One measurement. */
export interface RunCommand {
  shape: 'run'
  /** An address of this machine, as numbers. @default '127.0.0.1' */
  host?: string
  port: number
  /** The server's process; it and its descendants are sampled. @default none is */
  pid?: number
  /** @default the server is spoken to in plain bytes */
  tls?: TlsWish
  model: Model
  /** @default 200 */
  warmMs?: number
  measureMs: number
  /** What is asked, with what must come. @default the three of the Launcelot protocol */
  exchanges?: readonly (readonly [request: string, response: string])[]
  /** What comes on connecting. @default '' */
  greeting?: string
  /** @default 'repeating' */
  mix?: 'repeating' | 'fresh'
  /** Connections that ask once and then only stay. @default 0 */
  idle?: number
  /** Connections that ask and read nothing before the window ends, then all. @default 0 */
  slowReaders?: number
  /** Connections that send one byte every 10 ms. @default 0 */
  slowWriters?: number
  /** A right answer that comes later than this after its request was due is late. @default 5000 */
  lateMs?: number
  /**
   * How long a closed load still listens after its window to those whose answers are under way,
   * which are counted already: `usersWaiting` are those left. At most `lateMs`. @default 500
   */
  graceMs?: number
  /** Seeds the arrivals. @default 1 */
  seed?: number
}

/** What became of the requests of a window. Every request that was due in it is in one of these. */
export interface Counts {
  /** Due in the window. */
  due: number
  /** Answered, byte for byte and in time. */
  right: number
  /** Answered otherwise, or unasked for. */
  wrong: number
  /** Owed when the server ended the connection. */
  lost: number
  /** Answered rightly, but later than `lateMs`. */
  late: number
  /** Not asked: the server did not take the connection. */
  refused: number
  /** Without an answer when the window and a grace of `lateMs` after it were over, or, in a closed
   *  load, when the window was. Its age is in the response times: it took at least so long. */
  unanswered: number
}

/** What a window cost. CPU of the server is that of its process and all descendants. */
export interface Usage {
  wallUs: number
  /** From the scheduler's accounts, exact. 0 without a pid, as all of `server*`. */
  serverCpuUs: number
  /** In ticks of 10 ms. */
  serverUserUs: number
  serverSystemUs: number
  serverVoluntarySwitches: number
  serverInvoluntarySwitches: number
  /** At the end of the window. */
  serverResidentBytes: number
  /** Pages of the server's own, at the end of the window. */
  serverAnonymousBytes: number
  serverThreads: number
  serverProcesses: number
  /** Connections the kernel refused since a listen queue was full, on this machine. */
  listenOverflows: number
  loadCpuUs: number
  /** Time in which the generator neither ran nor slept of its own will. */
  loadStolenUs: number
}

/** One line for each second of the window. */
export interface SecondLine extends Counts, Usage {
  /** 0 for the first. The last may be shorter. */
  second: number
  responseTimes: EncodedHistogram
  serviceTimes: EncodedHistogram
}

/** The last line of a run. */
export interface RunResult extends Counts, Usage {
  ok: true
  /** Connections, or sessions, that were open at most at one time. */
  connectionsPeak: number
  /**
   * Of a closed load alone: users whose answers did not come in `graceMs` after the window either.
   * Of the unanswered, all others were just under way when it ended.
   */
  usersWaiting?: number
  /** From due to answered. In a closed load the same as the service times. */
  responseTimes: EncodedHistogram
  /** From sent to answered. */
  serviceTimes: EncodedHistogram
  /** From due to sent. Empty in a closed load. */
  sendLags: EncodedHistogram
  /** From the begin of connecting to the end, where sessions come and go. */
  connectTimes: EncodedHistogram
  /** Of the response times, in us, so that whoever does not read histograms has something. */
  p50Us: number
  p90Us: number
  p99Us: number
  p999Us: number
  maxUs: number
  sendLagP99Us: number
  /** Where TLS was spoken. */
  tls?: TlsSaid
}

/** How TLS went. */
export interface TlsSaid {
  /** Of the last handshake, as `TLSv1.3`; undefined where none was over. */
  version?: string
  /** As IANA names it: `TLS_AES_256_GCM_SHA384`. */
  cipherSuite?: string
  /** Whether certificates had to be those of `ca`, or signed by them. */
  isVerified: boolean
  /** Why the first connection that failed by TLS did. */
  failure?: string
}

/** Connections that stay until the release, the next of these commands, or the generator's end. */
export interface HoldCommand {
  shape: 'hold'
  /** @default '127.0.0.1' */
  host?: string
  port: number
  connections: number
  /** Whether each asks once, and is answered, before it counts as held. @default true */
  asks?: boolean
}

/** All that are held wait until each got this text, which none asked for; at most 64 KiB. */
export interface ReceiveCommand {
  shape: 'receive'
  text: string
}

/** The connections that are held close. */
export interface ReleaseCommand {
  shape: 'release'
}

/** What holding came to, or receiving. Who failed is not held any more. */
export interface HoldResult extends Pick<Counts, 'wrong' | 'lost' | 'refused' | 'unanswered'> {
  ok: true
  /** Connections that are open. */
  held: number
}

export interface ReleaseResult {
  ok: true
  released: number
}

/** A command that could not be carried out. */
export interface Failure {
  ok: false
  code: string
  message: string
}

/** `lancelot-load synthetic JSON`: a server whose times are known; it says `listening PORT`. */
export interface SyntheticServer {
  /** 0: the system picks. @default 0 */
  port?: number
  /** Every answer comes so long after its request, on its own timer. @default 0 */
  delayUs?: number
  /** From this long after the first request on it answers nothing for `stallMs`, then all. */
  stallAtMs?: number
  stallMs?: number
}
