import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { connect as connectSocket } from "node:net";

// A stream of gRPC over bare HTTP/2. A client library copies every message twice, and the collections of that garbage, 8 ms
// each and almost one a second, would stand in the measured latencies as if they were the server's.

/** Before every message of gRPC: a flag, always 0, and four bytes of length. */
export const FRAME_BYTES = 5;

/** @param target of a Unix socket, `unix:PATH` */
export function openSession(target: string): ClientHttp2Session {
  const path = target.slice("unix:".length);
  return connect("http://localhost", { createConnection: () => connectSocket(path) });
}

/** The message with what stands before it on a stream. */
export function frameMessage(message: Uint8Array): Buffer {
  const framed = Buffer.alloc(FRAME_BYTES + message.byteLength);
  framed.writeUInt32BE(message.byteLength, 1);
  framed.set(message, FRAME_BYTES);
  return framed;
}

export class BareStream {
  readonly #stream: ClientHttp2Stream;
  readonly #onMessage: (message: Buffer) => void;
  #unread: Buffer = Buffer.alloc(0);

  constructor(session: ClientHttp2Session, path: string, onMessage: (message: Buffer) => void) {
    this.#onMessage = onMessage;
    this.#stream = session.request(
      { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" },
      { endStream: false },
    );
    this.#stream.on("data", (chunk: Buffer) => this.#read(chunk));
    this.#stream.on("trailers", (trailers) => {
      throw new Error(`the stream ended: ${trailers["grpc-status"]} ${trailers["grpc-message"]}`);
    });
  }

  /** `framed` must stay as it is until the server has answered it. */
  write(framed: Buffer): void {
    this.#stream.write(framed);
  }

  cancel(): void {
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  #read(chunk: Buffer): void {
    let rest = this.#unread.byteLength === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    while (rest.byteLength >= FRAME_BYTES) {
      const end = FRAME_BYTES + rest.readUInt32BE(1);
      if (rest.byteLength < end) break;
      this.#onMessage(rest.subarray(FRAME_BYTES, end));
      rest = rest.subarray(end);
    }
    this.#unread = rest;
  }
}
