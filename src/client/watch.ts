import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type ClientReadableStream, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { EnforcementService } from "../gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import {
  type Event,
  type WatchExecutionRequest,
  WatchExecutionRequestSchema,
  type WatchExecutionResponse,
  WatchExecutionResponseSchema,
} from "../gen/tollgate/enforcement/v1/event_pb.ts";
import type { Execution } from "../gen/tollgate/enforcement/v1/execution_pb.ts";
import { Backoff } from "./backoff.ts";
import { CallError, callErrorFrom } from "./call-error.ts";
import type { TollgateClient } from "./connect-client.ts";
import { bufferOf, pathOf } from "./unary-methods.ts";

export interface WatchOptions {
  /** Go on after this event number; 0: from the first that is kept. Absent: only what happens from now on. */
  readonly afterEventNumber?: bigint;
  /** Ends the watch. */
  readonly signal?: AbortSignal;
}

/** What a watcher sees: the execution whole where events in between are no longer kept, else one event. */
export type Watched =
  | { readonly kind: "snapshot"; readonly execution: Execution }
  | { readonly kind: "event"; readonly event: Event };

/**
 * The events of one execution, in order, none twice and none left out: a broken connection is made again and goes on
 * after the last event seen. Ends after the execution has completed, or with `signal`.
 *
 * @throws CallError what waiting does not help, such as EXECUTION_NOT_FOUND
 */
export async function* watchExecution(
  client: TollgateClient,
  executionId: string,
  options: WatchOptions = {},
): AsyncGenerator<Watched> {
  const { signal } = options;
  const backoff = new Backoff();
  let after = options.afterEventNumber;
  while (signal?.aborted !== true) {
    try {
      // Without a number a reconnect could not know what it missed.
      after ??= (await client.calls.getExecution({ executionId })).execution?.lastEventNumber ?? 0n;
      const stream = openWatch(client, executionId, after);
      const cancel = () => stream.cancel();
      signal?.addEventListener("abort", cancel, { once: true });
      try {
        for await (const response of stream) {
          const watched = watchedFrom(response as WatchExecutionResponse);
          if (watched === undefined) continue;
          backoff.reset();
          after = watched.kind === "event" ? watched.event.eventNumber : watched.execution.lastEventNumber;
          yield watched;
        }
        return;
      } finally {
        signal?.removeEventListener("abort", cancel);
        stream.cancel();
      }
    } catch (error) {
      if (signal?.aborted) return;
      const failure = error instanceof CallError ? error : callErrorFrom(error as ServiceError);
      if (!isWorthWaiting(failure)) throw failure;
      await backoff.wait(signal);
    }
  }
}

function openWatch(
  client: TollgateClient,
  executionId: string,
  afterEventNumber: bigint,
): ClientReadableStream<WatchExecutionResponse> {
  return client.channel.makeServerStreamRequest(
    pathOf(EnforcementService.method.watchExecution),
    (request: WatchExecutionRequest) => bufferOf(toBinary(WatchExecutionRequestSchema, request)),
    (bytes: Buffer) => fromBinary(WatchExecutionResponseSchema, bytes),
    create(WatchExecutionRequestSchema, { executionId, afterEventNumber }),
    new Metadata(),
    {},
  );
}

function watchedFrom(response: WatchExecutionResponse): Watched | undefined {
  const { message } = response;
  if (message.case === "snapshot") return { kind: "snapshot", execution: message.value };
  if (message.case === "event") return { kind: "event", event: message.value };
  return undefined;
}

function isWorthWaiting(error: CallError): boolean {
  return (
    error.code === status.UNAVAILABLE ||
    error.code === status.DEADLINE_EXCEEDED ||
    error.code === status.RESOURCE_EXHAUSTED ||
    error.code === status.CANCELLED ||
    error.code === status.UNKNOWN ||
    error.code === status.INTERNAL
  );
}
