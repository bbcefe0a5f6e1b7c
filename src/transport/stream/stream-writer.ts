import { constants } from "node:http2";
import { READ_AHEAD_MESSAGES, type TransportLimits } from "../transport-limits.ts";

// Writing to a peer that may not read. grpc-js queues without bound past a false write(): here what does not fit waits in
// a queue with a bound, and a peer that leaves it unread is disconnected.

/** The parts of a grpc-js stream that the writer uses. */
export interface WritableCall {
  write(message: Uint8Array): boolean;
  on(event: "drain", listener: () => void): unknown;
}

export interface WriterOwner {
  /** What waited is written: more may be said, and reading may go on. */
  onDrained(): void;
  /** The peer has not read for too long, or too much waits for it. */
  onSlowReader(): void;
}

export class StreamWriter {
  readonly #call: WritableCall;
  readonly #owner: WriterOwner;
  readonly #limits: TransportLimits;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #blocked = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(call: WritableCall, owner: WriterOwner, limits: TransportLimits) {
    this.#call = call;
    this.#owner = owner;
    this.#limits = limits;
    call.on("drain", () => this.#drained());
  }

  /** The peer has to read before more is written: what can be coalesced should wait for onDrained. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** Writes an encoded message, now or as soon as the peer reads. */
  send(bytes: Uint8Array): void {
    if (this.#closed) return;
    if (!this.#blocked) {
      if (!this.#call.write(bytes)) this.#block();
      return;
    }
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.byteLength;
    if (this.#queuedBytes > this.#limits.maxUnreadBytes) this.#owner.onSlowReader();
  }

  /** Nothing more is written. */
  close(): void {
    this.#closed = true;
    this.#queue = [];
    clearTimeout(this.#timer);
  }

  #block(): void {
    this.#blocked = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#owner.onSlowReader(), this.#limits.slowReaderMs);
    this.#timer.unref();
  }

  #drained(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#blocked = false;
    let written = 0;
    for (const bytes of this.#queue) {
      written++;
      this.#queuedBytes -= bytes.byteLength;
      if (this.#call.write(bytes)) continue;
      this.#block();
      break;
    }
    this.#queue.splice(0, written);
    if (!this.#blocked) this.#owner.onDrained();
  }
}

interface HiddenCall {
  readonly call?: { readonly stream?: { close(code: number): void } };
  readonly _readableState?: { highWaterMark: number };
}

/**
 * Ends a stream whose peer does not read: a status would wait behind the unread messages for ever. Clients see
 * RESOURCE_EXHAUSTED. grpc-js keeps the HTTP/2 stream to itself; without it the keepalive has to end the connection.
 */
export function resetStream(call: object): void {
  (call as HiddenCall).call?.stream?.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
}

/** Keeps grpc-js from decoding 16 messages ahead of a stream whose reading pauses. */
export function boundReadAhead(call: object): void {
  const state = (call as HiddenCall)._readableState;
  if (state !== undefined) state.highWaterMark = READ_AHEAD_MESSAGES;
}
