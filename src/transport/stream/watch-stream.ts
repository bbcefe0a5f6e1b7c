import { toBinary } from "@bufbuild/protobuf";
import { Metadata, type ServerWritableStream } from "@grpc/grpc-js";
import { TollgateError } from "../../domain/errors.ts";
import { STATE } from "../../domain/execution.ts";
import type { ExecutionRecord } from "../../engine/executions/execution-record.ts";
import { findExecution } from "../../engine/reservations/resolve.ts";
import {
  type WatchExecutionRequest,
  type WatchExecutionResponse,
  WatchExecutionResponseSchema,
} from "../../gen/tollgate/enforcement/v1/event_pb.ts";
import { eventToProto } from "../convert/events.ts";
import { executionToProto } from "../convert/executions.ts";
import { failStream } from "../handler.ts";
import type { Sent } from "../service-binding.ts";
import { assertStreamRoom, type ServiceContext } from "../service-context.ts";
import { MAX_WATCHERS } from "../transport-limits.ts";
import type { EventSink, PushedEvent } from "./event-hub.ts";
import { resetStream } from "./hidden-stream.ts";
import { StreamWriter, type WriterOwner } from "./stream-writer.ts";

// One watch of one execution: what is kept of its events, then those that happen, until its end.

type Call = ServerWritableStream<unknown, Sent<typeof WatchExecutionResponseSchema>>;

const PATH = "/tollgate.enforcement.v1.EnforcementService/WatchExecution";

export class WatchStream implements EventSink, WriterOwner {
  readonly #context: ServiceContext;
  readonly #call: Call;
  readonly #writer: StreamWriter;
  readonly #record: ExecutionRecord;
  #completed = false;
  #ended = false;

  /**
   * Serves a call from its start to its end.
   * @throws TollgateError EXECUTION_NOT_FOUND · WATCHERS_FULL · STREAMS_FULL
   */
  static open(context: ServiceContext, request: WatchExecutionRequest, call: Call): WatchStream {
    const { world } = context.host;
    const index = findExecution(world, context.caller, request.executionId);
    assertStreamRoom(context);
    assertWatcherRoom(context, world.executions.record(index));
    return new WatchStream(context, index, request.afterEventNumber, call);
  }

  private constructor(context: ServiceContext, index: number, after: bigint | undefined, call: Call) {
    const { world } = context.host;
    this.#record = world.executions.record(index);
    this.#context = context;
    this.#call = call;
    this.#writer = new StreamWriter(call, this, context.limits);
    context.counters.watches++;
    context.watches.add(this);
    call.on("cancelled", () => this.#close());
    call.on("close", () => this.#close());
    // The client learns that it is watching before the first event.
    call.sendMetadata(new Metadata());
    const completed = world.executions.state.get(index) === STATE.completed;
    this.#replay(index, after, completed);
    if (completed) this.#complete();
    else context.events.add(this.#record, this);
  }

  /** What happened since `after`; a snapshot when some of it is no longer kept, or when nothing more will happen. */
  #replay(index: number, after: bigint | undefined, completed: boolean): void {
    const { host, storeInfo } = this.#context;
    const { world } = host;
    const last = world.executions.eventNumber.get(index);
    if (after === undefined && !completed) return;
    const events =
      after === undefined ? [] : this.#record.events.filter((event) => BigInt(event.number) > after);
    const first = events[0]?.number ?? last + 1;
    const missed = after === undefined || after + 1n < BigInt(first);
    if (missed) {
      this.#send({ case: "snapshot", value: executionToProto(world, index, host.now()) });
      return;
    }
    const around = { world, storeId: storeInfo().storeId, now: host.now() };
    for (const event of events) this.#send({ case: "event", value: eventToProto(event, index, around) });
  }

  #send(message: WatchExecutionResponse["message"]): void {
    this.#writer.send(encodeWatch(message));
  }

  onEvent(pushed: PushedEvent): void {
    this.#writer.send(pushed.forWatch);
    if (pushed.event.type === "COMPLETED") this.#complete();
  }

  /** The last event is on its way: the stream ends behind it. */
  #complete(): void {
    this.#completed = true;
    if (!this.#writer.blocked) this.onDrained();
  }

  onDrained(): void {
    if (!this.#completed || this.#ended) return;
    this.#writer.finish();
    this.#close();
    this.#call.end();
  }

  onSlowReader(): void {
    this.#fail(new TollgateError("SLOW_READER", "what was written is not read"));
  }

  onStop(): void {
    this.#fail(
      new TollgateError("DRAINING", "the daemon stops; connect again and go on after the last event", {
        retryAfterMs: 1_000,
      }),
    );
  }

  #fail(error: TollgateError): void {
    if (this.#ended) return;
    const unread = this.#writer.blocked;
    if (!unread) this.#writer.finish();
    this.#close();
    failStream(this.#call, error, PATH, this.#context);
    if (unread) resetStream(this.#call);
  }

  #close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#writer.close();
    this.#context.events.remove(this.#record, this);
    this.#context.watches.delete(this);
    this.#context.counters.watches--;
  }
}

function assertWatcherRoom(context: ServiceContext, record: ExecutionRecord): void {
  let watchers = 0;
  for (const sink of context.events.sinksOf(record)) if (sink instanceof WatchStream) watchers++;
  if (watchers < MAX_WATCHERS) return;
  throw new TollgateError("WATCHERS_FULL", `${MAX_WATCHERS} watch execution ${record.id}, as many as may`, {
    retryAfterMs: 1_000,
  });
}

function encodeWatch(message: WatchExecutionResponse["message"]): Uint8Array {
  return toBinary(WatchExecutionResponseSchema, {
    $typeName: "tollgate.enforcement.v1.WatchExecutionResponse",
    message,
  });
}
