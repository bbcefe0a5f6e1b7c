import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { PROMETHEUS_CONTENT_TYPE } from "../metrics/prometheus.ts";
import type { HealthBody, ReadyBody } from "./probe-bodies.ts";

// Liveness, readiness and metrics for the kubelet and Prometheus, which reach neither a Unix socket nor loopback.
// Read-only; every answer is made from numbers that are held already.

/** Connections at once: a kubelet, a few scrapers and somebody's curl. */
const CONNECTIONS_MAX = 64;
/** Time for a request to come in whole, ms: what is slower is no probe. */
const REQUEST_TIMEOUT_MS = 5_000;

export interface ProbeSource {
  health(): HealthBody;
  /** Ready when its `status` is `ok`. */
  readiness(): ReadyBody;
  metrics(): string;
}

export class ProbeServer {
  readonly #server: Server;
  #source: ProbeSource;

  private constructor(source: ProbeSource) {
    this.#source = source;
    this.#server = createServer(
      { requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: REQUEST_TIMEOUT_MS },
      (request, response) => {
        this.#answer(request, response);
      },
    );
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  /** Rejects with the system's error when the address cannot be had. */
  static async open(
    address: { readonly host: string; readonly port: number },
    source: ProbeSource,
  ): Promise<ProbeServer> {
    const probe = new ProbeServer(source);
    await new Promise<void>((resolve, reject) => {
      probe.#server.once("error", reject);
      probe.#server.listen(address.port, address.host, () => {
        probe.#server.off("error", reject);
        resolve();
      });
    });
    return probe;
  }

  /** `HOST:PORT` with the port that was really taken. */
  get address(): string {
    const { address, port, family } = this.#server.address() as AddressInfo;
    return family === "IPv6" ? `[${address}]:${port}` : `${address}:${port}`;
  }

  /** Answers come from here from now on. */
  use(source: ProbeSource): void {
    this.#source = source;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    if (request.method !== "GET" && request.method !== "HEAD")
      return send(response, 405, "text/plain", "GET only\n");
    const path = (request.url ?? "").split("?", 1)[0];
    if (path === "/healthz") return sendJson(response, this.#source.health());
    if (path === "/readyz") return sendJson(response, this.#source.readiness());
    if (path === "/metrics") return send(response, 200, PROMETHEUS_CONTENT_TYPE, this.#source.metrics());
    return send(response, 404, "text/plain", "/healthz, /readyz, /metrics\n");
  }
}

function sendJson(response: ServerResponse, body: HealthBody | ReadyBody): void {
  send(response, body.status === "ok" ? 200 : 503, "application/json", `${JSON.stringify(body)}\n`);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
  });
  response.end(body);
}
