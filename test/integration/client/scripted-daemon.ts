import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type sendUnaryData,
  type status,
} from "@grpc/grpc-js";
import { ErrorInfoSchema } from "../../../src/gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../../src/gen/google/rpc/status_pb.ts";
import {
  type CheckRequest,
  CheckRequestSchema,
  type CheckResponse,
  CheckResponseSchema,
} from "../../../src/gen/tollgate/enforcement/v1/check_pb.ts";
import {
  type StreamUsageRequest,
  StreamUsageRequestSchema,
  type StreamUsageResponse,
  StreamUsageResponseSchema,
} from "../../../src/gen/tollgate/enforcement/v1/stream_pb.ts";

// The daemon's side of the wire, said line by line by a test: for what a healthy daemon does not do on demand.

/** One stream that a client opened. */
export class ScriptedStream {
  readonly #call: ServerDuplexStream<StreamUsageRequest, StreamUsageResponse>;
  readonly #received: StreamUsageRequest["message"][] = [];
  #wake: (() => void) | undefined;

  constructor(call: ServerDuplexStream<StreamUsageRequest, StreamUsageResponse>) {
    this.#call = call;
    call.on("data", (request: StreamUsageRequest) => {
      this.#received.push(request.message);
      this.#wake?.();
    });
    call.on("error", () => {});
    call.on("end", () => call.end());
  }

  /** The next message that the client sent. */
  async next(): Promise<StreamUsageRequest["message"]> {
    while (this.#received.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#received.shift() as StreamUsageRequest["message"];
  }

  /** The next message, of this kind. */
  async nextOf<C extends "hello" | "usageBatch" | "completeExecution" | "skipRange">(kind: C) {
    const message = await this.next();
    if (message.case !== kind) throw new Error(`wanted ${kind}, the client sent ${message.case}`);
    return message.value as Extract<StreamUsageRequest["message"], { case: C }>["value"];
  }

  /** How many messages have come that nobody took. */
  get waiting(): number {
    return this.#received.length;
  }

  send(message: MessageInitShape<typeof StreamUsageResponseSchema>["message"] & object): void {
    this.#call.write(create(StreamUsageResponseSchema, { message }));
  }

  welcome(
    fields: {
      floor?: bigint;
      durableThrough?: bigint;
      maxBatchReports?: number;
      maxBatchBytes?: number;
      window?: number;
    } = {},
  ): void {
    const {
      floor = 0n,
      durableThrough = floor,
      maxBatchReports = 1_000,
      maxBatchBytes = 196_608,
      window = 10_000,
    } = fields;
    this.send({
      case: "welcome",
      value: { storeId: "store", floor, durableThrough, maxBatchReports, maxBatchBytes, window },
    });
  }

  durable(through: bigint): void {
    this.send({ case: "progress", value: { acceptedThrough: through, durableThrough: through } });
  }

  /** Ends the stream with a status and the reason that a real daemon would send along. */
  fail(code: status, reason: string): void {
    this.#call.emit("error", { code, details: reason, metadata: detailsOf(code, reason) });
  }
}

export interface ScriptedDaemon {
  readonly address: string;
  /** The next stream that a client opens. */
  nextStream(): Promise<ScriptedStream>;
  stop(): void;
}

export async function startScriptedDaemon(
  answerCheck: (
    request: CheckRequest,
  ) => MessageInitShape<typeof CheckResponseSchema> | undefined = () => ({}),
): Promise<ScriptedDaemon> {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-scripted-"));
  const address = `unix:${join(folder, "agent.sock")}`;
  const server = new Server();
  const streams: ScriptedStream[] = [];
  let wake: (() => void) | undefined;
  server.addService(
    {
      streamUsage: method("StreamUsage", true, StreamUsageRequestSchema, StreamUsageResponseSchema),
      check: method("Check", false, CheckRequestSchema, CheckResponseSchema),
    },
    {
      streamUsage: (call: ServerDuplexStream<StreamUsageRequest, StreamUsageResponse>) => {
        streams.push(new ScriptedStream(call));
        wake?.();
      },
      check: (call: { request: CheckRequest }, answer: sendUnaryData<CheckResponse>) => {
        const said = answerCheck(call.request);
        // Undefined: the daemon stays silent.
        if (said !== undefined) answer(null, create(CheckResponseSchema, said));
      },
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  return {
    address,
    nextStream: async () => {
      while (streams.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return streams.shift() as ScriptedStream;
    },
    stop: () => {
      server.forceShutdown();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function method(
  name: string,
  isStream: boolean,
  input: typeof StreamUsageRequestSchema | typeof CheckRequestSchema,
  output: typeof StreamUsageResponseSchema | typeof CheckResponseSchema,
) {
  return {
    path: `/tollgate.enforcement.v1.EnforcementService/${name}`,
    requestStream: isStream,
    responseStream: isStream,
    requestSerialize: (message: object) =>
      Buffer.from(toBinary(input as typeof CheckRequestSchema, message as CheckRequest)),
    requestDeserialize: (bytes: Buffer) => fromBinary(input as typeof CheckRequestSchema, bytes),
    responseSerialize: (message: object) =>
      Buffer.from(toBinary(output as typeof CheckResponseSchema, message as CheckResponse)),
    responseDeserialize: (bytes: Buffer) => fromBinary(output as typeof CheckResponseSchema, bytes),
  };
}

function detailsOf(code: status, reason: string): Metadata {
  const info = anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason, domain: "tollgate.dev" }));
  const metadata = new Metadata();
  metadata.set(
    "grpc-status-details-bin",
    Buffer.from(toBinary(StatusSchema, create(StatusSchema, { code, message: reason, details: [info] }))),
  );
  return metadata;
}
