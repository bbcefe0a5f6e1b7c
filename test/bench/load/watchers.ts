import { create, toBinary } from "@bufbuild/protobuf";
import { Client, type ClientReadableStream, credentials } from "@grpc/grpc-js";
import { WatchExecutionRequestSchema } from "../../../src/gen/tollgate/enforcement/v1/event_pb.ts";
import type { ServerChild } from "../servers/server-child.ts";

// Watchers of the executions of one tree: 64 at most watch one execution, one connection carries 64.

const PATH = "/tollgate.enforcement.v1.EnforcementService/WatchExecution";
/** Below the daemon's 64 by one: a call that ends is counted until it has ended. */
const PER_CONNECTION = 63;
/** How long a watcher may wait for what it is told, ms: far beyond any budget. */
const GIVE_UP_MS = 5_000;
const asIs = (bytes: Buffer): Buffer => bytes;

export class Watchers {
  readonly #clients: Client[] = [];
  readonly #calls: ClientReadableStream<Buffer>[] = [];
  #missing = 0;
  #resolve: () => void = () => undefined;

  /** Watches: `count` watchers spread over the executions. Resolves when the daemon has taken every one. */
  static async open(server: ServerChild, executionIds: readonly string[], count: number): Promise<Watchers> {
    const watchers = new Watchers();
    const taken: Promise<unknown>[] = [];
    for (let at = 0; at < count; at++) {
      if (at % PER_CONNECTION === 0) {
        const options = { "grpc.use_local_subchannel_pool": 1 };
        watchers.#clients.push(new Client(server.target, credentials.createInsecure(), options));
      }
      const executionId = executionIds[at % executionIds.length] as string;
      taken.push(watchers.#watch(watchers.#clients.at(-1) as Client, executionId));
    }
    await Promise.all(taken);
    return watchers;
  }

  /** From now until every watcher was told something, ms. @throws Error after five seconds */
  async told(): Promise<number> {
    const startMs = performance.now();
    this.#missing = this.#calls.length;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${this.#missing} watchers were told nothing`)),
        GIVE_UP_MS,
      );
      this.#resolve = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    return performance.now() - startMs;
  }

  close(): void {
    for (const call of this.#calls) call.cancel();
    for (const client of this.#clients) client.close();
  }

  #watch(client: Client, executionId: string): Promise<unknown> {
    const request = toBinary(
      WatchExecutionRequestSchema,
      create(WatchExecutionRequestSchema, { executionId }),
    );
    const call = client.makeServerStreamRequest(PATH, asIs, asIs, Buffer.from(request));
    this.#calls.push(call);
    call.on("data", () => {
      this.#missing--;
      if (this.#missing === 0) this.#resolve();
    });
    return new Promise((resolve, reject) => {
      call.once("metadata", resolve);
      call.on("error", (error) => {
        if (!String(error).includes("CANCELLED")) reject(error);
      });
    });
  }
}
