import { Metadata } from "@grpc/grpc-js";
import { judgeAfter } from "../sockets/judge-after.ts";
import type { TransportLimits } from "../transport-limits.ts";
import { findStream } from "./hidden-stream.ts";

// Writing to a peer that may not read. One chunk is under way at a time and carries everything said since the last one.
// Left to itself, grpc-js makes a socket write of every message and queues without bound; a Unix socket is full after 277
// writes however small they are, and while a write waits Node's HTTP/2 reads nothing from that socket. Two Node processes
// that both write message by message can so stop each other for ever. With one chunk a turn this side never waits for long.

/** The parts of a grpc-js stream that the writer uses. */
export interface WritableCall {
  write(message: Uint8Array, done?: () => void): boolean;
  sendMetadata(metadata: Metadata): void;
}

export interface WriterOwner {
  /** What waited is written: more may be said, and reading may go on. */
  onDrained(): void;
  /** The peer has not read for too long, or too much waits for it. */
  onSlowReader(): void;
}

/** Behind a chunk that is under way so much may wait before the peer counts as one that does not read. */
const WAITING_MESSAGES = 16;
const WAITING_BYTES = 16_384;
/** What is said in one turn is written before its end from this size on, bytes: as much as a socket takes at once. */
const CHUNK_BYTES = 65_536;
/** Before every message of gRPC: a flag, always 0, and four bytes of length. */
const FRAME_BYTES = 5;

export class StreamWriter {
  readonly #call: WritableCall;
  readonly #owner: WriterOwner;
  readonly #limits: TransportLimits;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #underWay = false;
  #blocked = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  constructor(call: WritableCall, owner: WriterOwner, limits: TransportLimits) {
    this.#call = call;
    this.#owner = owner;
    this.#limits = limits;
  }

  /** The peer has to read before more is written: what can be coalesced should wait for onDrained. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** Writes an encoded message when this turn of the event loop ends, or as soon as the peer reads. */
  send(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.byteLength;
    if (this.#underWay) this.#judgeWaiting();
    else if (this.#waitingBytes >= CHUNK_BYTES) this.flush();
    else this.#immediate ??= setImmediate(() => this.flush());
  }

  /** Writes what was sent in this turn, unless a chunk is under way. */
  flush(): void {
    if (this.#underWay || this.#closed || this.#waiting.length === 0) return;
    this.#underWay = true;
    this.#write(() => this.#written());
  }

  /** Writes all that waits, then nothing more: for the end of a stream. */
  finish(): void {
    if (this.#closed) return;
    if (this.#waiting.length > 0) this.#write(() => undefined);
    this.close();
  }

  /** Nothing more is written. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  #judgeWaiting(): void {
    const tooMuch = this.#waitingBytes > this.#limits.maxUnreadBytes;
    const wasBlocked = this.#blocked;
    if (!tooMuch && this.#waiting.length < WAITING_MESSAGES && this.#waitingBytes < WAITING_BYTES) return;
    this.#blocked = true;
    if (tooMuch) return this.#owner.onSlowReader();
    if (wasBlocked) return;
    this.#timer = judgeAfter(this.#limits.slowReaderMs, () => {
      if (this.#blocked && !this.#closed) this.#owner.onSlowReader();
    });
  }

  #write(done: () => void): void {
    clearImmediate(this.#immediate);
    this.#immediate = undefined;
    const messages = this.#waiting;
    const bytes = this.#waitingBytes;
    this.#waiting = [];
    this.#waitingBytes = 0;
    writeTogether(this.#call, messages, bytes, done);
  }

  #written(): void {
    this.#underWay = false;
    if (this.#closed) return;
    const wasBlocked = this.#blocked;
    this.#blocked = false;
    clearTimeout(this.#timer);
    this.flush();
    if (wasBlocked) this.#owner.onDrained();
  }
}

/** Writes messages as one chunk. Without the HTTP/2 stream, which grpc-js keeps to itself, as single messages. */
function writeTogether(
  call: WritableCall,
  messages: readonly Uint8Array[],
  bytes: number,
  done: () => void,
): void {
  const stream = findStream(call);
  if (stream === undefined) {
    for (const [place, message] of messages.entries())
      call.write(message, place === messages.length - 1 ? done : undefined);
    return;
  }
  if (stream.destroyed || stream.writableEnded) return;
  call.sendMetadata(new Metadata());
  const chunk = Buffer.allocUnsafe(bytes + messages.length * FRAME_BYTES);
  let at = 0;
  for (const message of messages) {
    chunk[at] = 0;
    chunk.writeUInt32BE(message.byteLength, at + 1);
    chunk.set(message, at + FRAME_BYTES);
    at += FRAME_BYTES + message.byteLength;
  }
  stream.write(chunk, done);
}
