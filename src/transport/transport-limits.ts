// Everything that bounds what a peer can make the server hold; GetInfo shows what clients need of it.

/** Most bytes of one message, received or sent: an argument object of 1 MiB with its envelope. */
export const MAX_MESSAGE_BYTES = 1_114_112;
/** Most bytes of a message where no tool output travels. */
export const MAX_REQUEST_BYTES = 262_144;
/** Most bytes of one batch of reports; told in Welcome. */
export const MAX_BATCH_BYTES = 196_608;
/** Bytes of StreamUsageRequest around a batch of more than 16 KiB: one byte of tag, three of length. */
export const STREAM_ENVELOPE_BYTES = 4;
/** Most bytes of ReportUsageRequest beside its batch: ids and the principal. */
export const REPORT_ENVELOPE_BYTES = 2_048;
/** Most reports in one batch; told in Welcome. */
export const MAX_BATCH_REPORTS = 1_000;
/** Most bytes of one report. */
export const MAX_REPORT_BYTES = 8_192;
/** Most reports that are not yet durable a reporter may have outstanding; told in Welcome. */
export const WINDOW_REPORTS = 10_000;
/** Most concurrent streams of one connection: a client that wants more opens a second one. */
export const MAX_STREAMS_PER_CONNECTION = 64;
/** Most calls of one door that are open at once, streams included: what peers open and leave takes 20 KB each. */
export const MAX_OPEN_CALLS = 2_000;
/** Those among them that send more than one request: above `maxStreams`, so that most of the rest still hear why. */
export const MAX_OPEN_STREAMS = 1_500;
/** Memory of one HTTP/2 session, MB: what nghttp2 holds for one peer. */
export const SESSION_MEMORY_MB = 16;
/** Pings of the server to a quiet connection, and how long it waits for the answer, ms. */
export const KEEPALIVE_MS = 30_000;
export const KEEPALIVE_TIMEOUT_MS = 10_000;
/** A connection without any call is closed after this long, ms. */
export const CONNECTION_IDLE_MS = 300_000;
/** Bytes of the preface of HTTP/2: a peer that has not sent them within the first-byte time is not one. */
export const PREFACE_BYTES = 24;
/** Longest path of a Unix socket, bytes: the kernel's 108 with its final zero. */
export const MAX_SOCKET_PATH_BYTES = 107;
/** Most watchers of one execution. */
export const MAX_WATCHERS = 64;
/** Streams that operators have beyond those of agents: agents can never lock them out. */
export const OPERATOR_STREAMS = 100;
/** Longest that GetApproval waits for an answer, ms. */
export const MAX_APPROVAL_WAIT_MS = 60_000;
/** Most field problems that one error names, and most characters of each. */
export const MAX_FIELD_PROBLEMS = 16;
export const MAX_PROBLEM_LENGTH = 300;
/** Messages that are decoded ahead of a stream whose reading pauses. */
export const READ_AHEAD_MESSAGES = 1;

/** The bounds that a setting or a test can change. Times in ms. */
export interface TransportLimits {
  /** Open connections in all. */
  readonly maxConnections: number;
  /** Streams, watches and waiting polls in all. */
  readonly maxStreams: number;
  /** From the connection to the first bytes. */
  readonly firstByteMs: number;
  /** From the start of StreamUsage to its Hello. */
  readonly firstMessageMs: number;
  /** A stream without any message of the client is ended after this long. */
  readonly streamIdleMs: number;
  /** How long a client may leave what was written unread. */
  readonly slowReaderMs: number;
  /** Bytes that wait for a client to read. */
  readonly maxUnreadBytes: number;
}

export const DEFAULT_LIMITS: TransportLimits = Object.freeze({
  maxConnections: 512,
  maxStreams: 1_000,
  firstByteMs: 2_000,
  firstMessageMs: 5_000,
  streamIdleMs: 3_600_000,
  slowReaderMs: 10_000,
  maxUnreadBytes: 1_048_576,
});
