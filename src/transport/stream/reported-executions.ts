import { STATE } from "../../domain/execution.ts";
import type { ExecutionRecord } from "../../engine/executions/execution-record.ts";
import { NO_INDEX } from "../../engine/executions/execution-table.ts";
import type { UsageGroup } from "../../gen/tollgate/enforcement/v1/usage_pb.ts";
import type { ServiceContext } from "../service-context.ts";
import type { EventSink } from "./event-hub.ts";

/** The live executions that a stream has reported for: it is told their events. */
export class ReportedExecutions {
  readonly #context: ServiceContext;
  readonly #sink: EventSink;
  readonly #byId = new Map<string, ExecutionRecord>();
  #lastId: string | undefined;

  constructor(context: ServiceContext, sink: EventSink) {
    this.#context = context;
    this.#sink = sink;
  }

  /** Takes note of the executions of a batch. Returns the ids that only the file may know; mostly none. */
  note(groups: readonly UsageGroup[]): readonly string[] {
    let missing: string[] | undefined;
    for (let at = 0; at < groups.length; at++) {
      const id = (groups[at] as UsageGroup).executionId;
      // Most messages are about the execution of the one before: no look-up then.
      if (id === this.#lastId || this.#byId.has(id)) continue;
      if (this.#subscribe(id)) this.#lastId = id;
      else if (this.#context.completed.isMissing(this.#context.caller, id)) {
        missing ??= [];
        missing.push(id);
      }
    }
    return missing ?? NONE;
  }

  /** The execution has ended: nothing more is told of it. */
  ended(record: ExecutionRecord): void {
    if (this.#byId.get(record.id) === record) this.#byId.delete(record.id);
    if (this.#lastId === record.id) this.#lastId = undefined;
  }

  close(): void {
    for (const record of this.#byId.values()) this.#context.events.remove(record, this.#sink);
    this.#byId.clear();
  }

  #subscribe(executionId: string): boolean {
    const { executions } = this.#context.host.world;
    const index = executions.find(this.#context.caller, executionId);
    if (index === NO_INDEX || executions.state.get(index) === STATE.completed) return false;
    const record = executions.record(index);
    this.#byId.set(executionId, record);
    this.#context.events.add(record, this.#sink);
    return true;
  }
}

const NONE: readonly string[] = Object.freeze([]);
