import { toBinary } from "@bufbuild/protobuf";
import type { ExecutionEvent } from "../../domain/event.ts";
import type { ExecutionRecord } from "../../engine/executions/execution-record.ts";
import type { Effect } from "../../engine/world.ts";
import { type Event, WatchExecutionResponseSchema } from "../../gen/tollgate/enforcement/v1/event_pb.ts";
import { StreamUsageResponseSchema } from "../../gen/tollgate/enforcement/v1/stream_pb.ts";
import { eventToProto } from "../convert/events.ts";
import type { Counters } from "../counters.ts";
import type { EngineAccess } from "../engine-access.ts";
import type { TransportObserver } from "../transport-observer.ts";

/** One event, encoded at most once for each kind of receiver, however many there are. */
export class PushedEvent {
  readonly event: ExecutionEvent;
  readonly #wire: () => Event;
  #forStream: Uint8Array | undefined;
  #forWatch: Uint8Array | undefined;

  constructor(event: ExecutionEvent, wire: () => Event) {
    this.event = event;
    this.#wire = wire;
  }

  get forStream(): Uint8Array {
    this.#forStream ??= toBinary(StreamUsageResponseSchema, {
      $typeName: "tollgate.enforcement.v1.StreamUsageResponse",
      message: { case: "event", value: this.#wire() },
    });
    return this.#forStream;
  }

  get forWatch(): Uint8Array {
    this.#forWatch ??= toBinary(WatchExecutionResponseSchema, {
      $typeName: "tollgate.enforcement.v1.WatchExecutionResponse",
      message: { case: "event", value: this.#wire() },
    });
    return this.#forWatch;
  }
}

/** Who hears of the events of an execution. */
export interface EventSink {
  onEvent(pushed: PushedEvent, record: ExecutionRecord): void;
}

/** Hands the events of the engine to the streams and watches of their executions, in the turn they happen in. */
export class EventHub {
  readonly #host: EngineAccess;
  readonly #storeId: () => string;
  readonly #counters: Counters;
  readonly #observer: TransportObserver;
  /** By the record itself: its index is used again one day. */
  readonly #sinks = new WeakMap<ExecutionRecord, Set<EventSink>>();

  constructor(host: EngineAccess, storeId: () => string, counters: Counters, observer: TransportObserver) {
    this.#host = host;
    this.#storeId = storeId;
    this.#counters = counters;
    this.#observer = observer;
    host.onEffect((effect) => this.#onEffect(effect));
  }

  add(record: ExecutionRecord, sink: EventSink): void {
    this.#host.world.watched.add(record);
    const sinks = this.#sinks.get(record);
    if (sinks === undefined) this.#sinks.set(record, new Set([sink]));
    else sinks.add(sink);
  }

  remove(record: ExecutionRecord, sink: EventSink): void {
    const sinks = this.#sinks.get(record);
    if (sinks === undefined) return;
    sinks.delete(sink);
    if (sinks.size > 0) return;
    this.#sinks.delete(record);
    this.#host.world.watched.delete(record);
  }

  /** Receivers of an execution's events. */
  sinksOf(record: ExecutionRecord): ReadonlySet<EventSink> {
    return this.#sinks.get(record) ?? NO_SINKS;
  }

  #onEffect(effect: Effect): void {
    if (effect.type !== "pushed") return;
    const record = this.#host.world.executions.recordAt(effect.index);
    if (record === undefined || record.id !== effect.executionId) return;
    const sinks = this.#sinks.get(record);
    if (sinks === undefined) return;
    const { event, index } = effect;
    const pushed = new PushedEvent(event, () => {
      const around = { world: this.#host.world, storeId: this.#storeId(), now: this.#host.now() };
      return eventToProto(event, index, around);
    });
    // A fault while an event is told must not reach the turn that it happened in.
    for (const sink of [...sinks]) {
      this.#counters.events++;
      try {
        sink.onEvent(pushed, record);
      } catch (cause) {
        this.#observer.internalError("event", cause);
      }
    }
    // Nothing follows the end of an execution.
    if (event.type === "COMPLETED") this.#sinks.delete(record);
  }
}

const NO_SINKS: ReadonlySet<EventSink> = new Set();
