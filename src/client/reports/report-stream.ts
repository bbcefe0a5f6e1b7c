import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type Client, type ClientDuplexStream, Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { EnforcementService } from "../../gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import {
  type HelloSchema,
  type StreamUsageRequest,
  StreamUsageRequestSchema,
  type StreamUsageResponse,
  StreamUsageResponseSchema,
} from "../../gen/tollgate/enforcement/v1/stream_pb.ts";
import { type CallError, callErrorFrom } from "../call-error.ts";
import { bufferOf, pathOf } from "../unary-methods.ts";

/** What a stream tells its reporter. `onEnd` comes exactly once, last; without an error the daemon ended it in order. */
export interface StreamListener {
  readonly onMessage: (message: StreamUsageResponse["message"]) => void;
  /** Writing may go on. */
  readonly onDrain: () => void;
  readonly onEnd: (error: CallError | undefined) => void;
}

/** One connection of a reporter: says hello and carries messages, knows nothing of what they mean. */
export class ReportStream {
  readonly #call: ClientDuplexStream<StreamUsageRequest, StreamUsageResponse>;
  #hasEnded = false;

  constructor(channel: Client, hello: MessageInitShape<typeof HelloSchema>, listener: StreamListener) {
    this.#call = channel.makeBidiStreamRequest(
      pathOf(EnforcementService.method.streamUsage),
      (message: StreamUsageRequest) => bufferOf(toBinary(StreamUsageRequestSchema, message)),
      (bytes: Buffer) => fromBinary(StreamUsageResponseSchema, bytes),
      new Metadata(),
      {},
    );
    const end = (error: CallError | undefined) => {
      if (this.#hasEnded) return;
      this.#hasEnded = true;
      listener.onEnd(error);
    };
    this.#call.on("data", (response: StreamUsageResponse) => {
      if (!this.#hasEnded) listener.onMessage(response.message);
    });
    this.#call.on("drain", () => {
      if (!this.#hasEnded) listener.onDrain();
    });
    // The status says the same, also where there is no error.
    this.#call.on("error", () => {});
    this.#call.on("status", (ended: StatusObject) =>
      end(ended.code === status.OK ? undefined : callErrorFrom(ended)),
    );
    this.write(create(StreamUsageRequestSchema, { message: { case: "hello", value: hello } }));
  }

  /** False when writing should wait for `onDrain`. */
  write(message: StreamUsageRequest): boolean {
    return this.#hasEnded ? false : this.#call.write(message);
  }

  /** Says that nothing more comes. */
  finish(): void {
    if (!this.#hasEnded) this.#call.end();
  }

  /** Breaks the connection off; `onEnd` does not come any more. */
  cancel(): void {
    this.#hasEnded = true;
    this.#call.cancel();
  }
}
