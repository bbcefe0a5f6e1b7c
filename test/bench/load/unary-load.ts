import { Client, credentials } from "@grpc/grpc-js";
import type { ServerChild } from "../servers/server-child.ts";
import { Latencies, pace } from "./latencies.ts";

// Check calls of one process against one server.

const PATH = "/tollgate.enforcement.v1.EnforcementService/Check";
const CONNECTIONS = 2;
const IN_FLIGHT = 32;
const asIs = (bytes: Buffer): Buffer => bytes;

export interface UnaryRun {
  readonly perSecond: number;
  /** CPU of the server's main thread per call, µs. */
  readonly cpuUs: number;
}

export class UnaryLoad {
  readonly #server: ServerChild;
  readonly #clients: Client[] = [];
  readonly #requests: readonly Buffer[];
  #next = 0;

  /** `requests`: encoded, asked one after the other, again and again. */
  constructor(server: ServerChild, requests: readonly Buffer[]) {
    this.#server = server;
    this.#requests = requests;
    for (let at = 0; at < CONNECTIONS; at++) {
      this.#clients.push(
        new Client(server.target, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 }),
      );
    }
  }

  /** As fast as it answers. */
  run(durationMs: number): Promise<UnaryRun> {
    const endMs = performance.now() + durationMs;
    return this.runWhile(() => performance.now() < endMs);
  }

  async runWhile(isOn: () => boolean): Promise<UnaryRun> {
    const before = await this.#server.sample();
    const startMs = performance.now();
    let done = 0;
    const worker = async (): Promise<void> => {
      while (isOn()) {
        await this.#call();
        done++;
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
    const elapsedMs = performance.now() - startMs;
    const after = await this.#server.sample();
    return { perSecond: (done * 1_000) / elapsedMs, cpuUs: (after.cpuUs - before.cpuUs) / done };
  }

  /** At a fixed rate, whatever it answers; latencies from the moment of sending. */
  async runPaced(perSecond: number, durationMs: number): Promise<Latencies> {
    const latencies = new Latencies();
    const open: Promise<void>[] = [];
    await pace(perSecond, durationMs, (dueMs) => {
      open.push(this.#call().then(() => latencies.add(performance.now() - dueMs)));
    });
    await Promise.all(open);
    return latencies;
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  #call(): Promise<void> {
    const place = this.#next++;
    const request = this.#requests[place % this.#requests.length] as Buffer;
    const client = this.#clients[place % CONNECTIONS] as Client;
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(PATH, asIs, asIs, request, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }
}
