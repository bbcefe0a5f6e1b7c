// A peer that writes frames of HTTP/2 by hand: what no client library would send.

import { connect, type Socket } from "node:net";

export const FRAME = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, continuation: 9 } as const;
export const FLAG = { endStream: 1, ack: 1, endHeaders: 4 } as const;
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
/** A peer that is not read any more is given up after this long, ms. */
const GIVE_UP_MS = 10_000;

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Header fields as HPACK literals that no table remembers. */
export function fields(pairs: readonly (readonly [string, string])[]): Buffer {
  const parts = pairs.flatMap(([name, value]) => [
    Buffer.from([0, name.length]),
    Buffer.from(name, "latin1"),
    Buffer.from([value.length]),
    Buffer.from(value, "latin1"),
  ]);
  return Buffer.concat(parts);
}

/** The headers of a call. */
export function callHeaders(method: string, more: readonly (readonly [string, string])[] = []): Buffer {
  return fields([
    [":method", "POST"],
    [":scheme", "http"],
    [":path", `/tollgate.enforcement.v1.EnforcementService/${method}`],
    [":authority", "localhost"],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
    ...more,
  ]);
}

export class RawPeer {
  readonly socket: Socket;
  /** The server, or nobody, has closed the connection. */
  closed = false;
  readonly ended: Promise<void>;
  readonly #received: Buffer[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (bytes) => this.#received.push(bytes));
    socket.on("error", () => undefined);
    this.ended = new Promise((resolve) => {
      socket.once("close", () => {
        this.closed = true;
        resolve();
      });
    });
  }

  /** Connects to `unix:PATH`; with `greet` it says the preface and empty settings. Refused connections are closed ones. */
  static async open(target: string, greet = true): Promise<RawPeer> {
    const socket = connect(target.slice("unix:".length));
    const peer = new RawPeer(socket);
    await Promise.race([new Promise((resolve) => socket.once("connect", resolve)), peer.ended]);
    if (greet) await peer.write(Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0)]));
    return peer;
  }

  /** Bytes that came so far. */
  get received(): Buffer {
    return Buffer.concat(this.#received);
  }

  /** Resolves when the bytes are on their way, the server has closed, or it has not read for ten seconds. */
  async write(bytes: Buffer): Promise<void> {
    if (this.closed || this.socket.write(bytes)) return;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      new Promise((resolve) => this.socket.once("drain", resolve)),
      this.ended,
      new Promise((resolve) => {
        timer = setTimeout(resolve, GIVE_UP_MS);
      }),
    ]);
    clearTimeout(timer);
  }

  close(): void {
    this.socket.destroy();
  }
}
