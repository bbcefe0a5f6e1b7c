import { constants } from "node:http2";

// The stream of HTTP/2 below a call. grpc-js keeps it to itself; without it less is bounded, and nothing breaks.

export interface HiddenStream {
  readonly destroyed: boolean;
  readonly writableEnded: boolean;
  readonly state: { readonly state?: number };
  /** Undefined once it is closed. */
  readonly session?: object | undefined;
  write(chunk: Buffer, done: () => void): boolean;
  close(code: number): void;
  once(event: "close", listener: () => void): unknown;
}

interface HiddenCall {
  readonly call?: { readonly stream?: HiddenStream };
  readonly _readableState?: { highWaterMark: number };
}

/** The stream of a call as a handler gets it. */
export function findStream(call: object): HiddenStream | undefined {
  return (call as HiddenCall).call?.stream;
}

/** Messages that grpc-js decodes ahead of a handler that does not read. */
export function boundReadAhead(call: object, messages: number): void {
  const state = (call as HiddenCall)._readableState;
  if (state !== undefined) state.highWaterMark = messages;
}

/**
 * Ends a stream whose peer does not read: a status would wait behind the unread messages for ever. Clients see
 * RESOURCE_EXHAUSTED. Without the stream the keepalive has to end the connection.
 */
export function resetStream(call: object): void {
  findStream(call)?.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
}

/** How long a status may be on its way before the peer's half is ended as well, ms. */
const STATUS_MS = 1_000;

/**
 * Ends the other half of a stream as well, once its status is out: a peer that never ends its own half would keep it, and
 * all that belongs to it, for as long as the connection lives.
 */
export function resetAfterStatus(stream: HiddenStream | undefined): void {
  if (stream === undefined || stream.destroyed) return;
  // A reset overtakes trailers, so it waits. Peers that end their half when they have read the status are gone by then.
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), STATUS_MS);
  timer.unref();
  stream.once("close", () => clearTimeout(timer));
}
