import { type AddressInfo, createServer, type Server as NetServer, type Socket } from "node:net";
import { type ConnectionInjector, Server, ServerCredentials } from "@grpc/grpc-js";
import type { Counters } from "./counters.ts";
import { judgeAfter } from "./sockets/judge-after.ts";
import { OpenCalls } from "./sockets/open-calls.ts";
import { listenOnLoopback, listenOnSocket } from "./sockets/socket-file.ts";
import {
  CONNECTION_IDLE_MS,
  KEEPALIVE_MS,
  KEEPALIVE_TIMEOUT_MS,
  MAX_MESSAGE_BYTES,
  MAX_OPEN_CALLS,
  MAX_OPEN_STREAMS,
  MAX_STREAMS_PER_CONNECTION,
  PREFACE_BYTES,
  SESSION_MEMORY_MB,
  type TransportLimits,
} from "./transport-limits.ts";
import type { TransportObserver } from "./transport-observer.ts";

// One listener with a grpc-js server behind it. The sockets are ours: grpc-js never closes a connection that sends nothing.

export type ListenAddress =
  | { readonly path: string /** Permissions of the socket file, e.g. 0o660. */; readonly mode: number }
  | { readonly host: string /** 0 = any free port. */; readonly port: number };

export interface ListenerOptions {
  /** For operators: `agent`, `agent-tcp`, `admin`. */
  readonly name: string;
  readonly address: ListenAddress;
  readonly limits: TransportLimits;
  readonly counters: Counters;
  readonly observer: TransportObserver;
}

const SERVER_OPTIONS = {
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  "grpc.keepalive_time_ms": KEEPALIVE_MS,
  "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT_MS,
  "grpc.max_concurrent_streams": MAX_STREAMS_PER_CONNECTION,
  "grpc.max_connection_idle_ms": CONNECTION_IDLE_MS,
  "grpc-node.max_session_memory": SESSION_MEMORY_MB,
  "grpc.enable_channelz": 0,
};

/** How long the last statuses of a stopping server may take to leave it, ms. */
const LAST_WORDS_MS = 100;

export class Listener {
  readonly grpc: Server;
  readonly #calls = new OpenCalls(MAX_OPEN_CALLS, MAX_OPEN_STREAMS);
  readonly #options: ListenerOptions;
  readonly #sockets = new Set<Socket>();
  readonly #server: NetServer;
  #injector: ConnectionInjector | undefined;
  #silence: NodeJS.Timeout | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.grpc = new Server({ ...SERVER_OPTIONS, interceptors: [this.#calls.intercept] });
    this.#server = createServer((socket) => this.#accept(socket));
  }

  get name(): string {
    return this.#options.name;
  }

  /** Opens the address; services must have been added. @throws SocketError, or the system's error */
  async start(): Promise<void> {
    this.#injector = this.grpc.createConnectionInjector(ServerCredentials.createInsecure());
    const { address } = this.#options;
    if ("path" in address) await listenOnSocket(this.#server, address.path, address.mode);
    else await listenOnLoopback(this.#server, address.host, address.port);
    this.#silence = setInterval(() => this.#calls.endSilent(), this.#options.limits.firstMessageMs).unref();
    this.#server.on("error", (error) => this.#options.observer.internalError(this.#options.name, error));
  }

  /** What a client dials: `unix:/path` or `127.0.0.1:1234`. */
  get target(): string {
    const { address } = this.#options;
    if ("path" in address) return `unix:${address.path}`;
    const host = address.host.includes(":") ? `[${address.host}]` : address.host;
    return `${host}:${(this.#server.address() as AddressInfo | null)?.port ?? address.port}`;
  }

  /** Takes no more connections and waits until all calls have ended and the connections with them. */
  drain(): Promise<void> {
    this.#server.close();
    // Says goodbye on every connection; on this Node it does not wait for their calls.
    this.grpc.tryShutdown(() => undefined);
    return this.#allClosed();
  }

  /** Closes what is still open, after a moment for the last words. */
  async close(): Promise<void> {
    clearInterval(this.#silence);
    this.#server.close();
    if (this.#sockets.size > 0) {
      await Promise.race([this.#allClosed(), new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS))]);
    }
    // Without channelz, forceShutdown() knows no sessions: the sockets are closed here.
    for (const socket of this.#sockets) socket.destroy();
    this.#injector?.destroy();
    this.grpc.forceShutdown();
  }

  async #allClosed(): Promise<void> {
    await Promise.all(
      [...this.#sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve))),
    );
  }

  #accept(socket: Socket): void {
    const { limits, counters, observer, name } = this.#options;
    socket.on("error", () => undefined);
    if (this.#sockets.size >= limits.maxConnections) {
      counters.connectionsRefused++;
      observer.connectionRefused(name, "too_many");
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    counters.connections++;
    const timer = judgeAfter(limits.firstByteMs, () => {
      if (socket.destroyed || socket.bytesRead >= PREFACE_BYTES) return;
      counters.connectionsRefused++;
      observer.connectionRefused(name, "no_first_bytes");
      socket.destroy();
    });
    socket.once("close", () => {
      clearTimeout(timer);
      this.#sockets.delete(socket);
      counters.connections--;
    });
    this.#injector?.injectConnection(socket);
  }
}
