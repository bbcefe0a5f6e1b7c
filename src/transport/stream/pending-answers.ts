import { toBinary } from "@bufbuild/protobuf";
import type { Detail } from "../../domain/intent.ts";
import type { Now } from "../../domain/time.ts";
import { NO_INDEX } from "../../engine/executions/execution-table.ts";
import { remainingOf } from "../../engine/intents/judge-intent.ts";
import type { BatchAnswer, RejectedReport } from "../../engine/reports/apply-batch.ts";
import type { ReporterRow } from "../../engine/reports/reporter-table.ts";
import type { World } from "../../engine/world.ts";
import {
  type StreamUsageResponse,
  StreamUsageResponseSchema,
} from "../../gen/tollgate/enforcement/v1/stream_pb.ts";
import { decisionsToProto, progressToProto, type TakenDecision } from "../convert/reports.ts";

/** Most executions in one message of decisions: it stays far below the size of a message. */
const MAX_DECISIONS = 200;

/** What a stream has to say and has not said yet: one Progress, and the newest decision of each execution. */
export class PendingAnswers {
  #due = false;
  #duplicates = 0;
  #rejected: RejectedReport[] = [];
  #through = 0;
  readonly #decisions = new Map<string, TakenDecision>();
  #toldFloor = -1;
  #toldDurable = -1;

  /** A message was taken. True when the stream was not yet to speak at the end of this turn. */
  take(answer: BatchAnswer): void {
    this.#due = true;
    this.#duplicates += answer.duplicates;
    if (answer.rejected.length > 0) this.#rejected.push(...answer.rejected);
    if (answer.decisions.length === 0) return;
    if (answer.throughSequence > this.#through) this.#through = answer.throughSequence;
    for (const taken of answer.decisions) this.#decisions.set(taken.executionId, taken);
  }

  /** A message without reports was taken. */
  takeOther(): void {
    this.#due = true;
  }

  /** The Welcome said these. */
  told(reporter: ReporterRow): void {
    this.#toldFloor = reporter.floor;
    this.#toldDurable = reporter.durableFloor;
  }

  /** Encodes what is due, decisions before the progress that covers them, and forgets it. */
  encode(reporter: ReporterRow, detail: Detail): Uint8Array[] {
    const messages: Uint8Array[] = [];
    if (this.#decisions.size > 0) {
      const all = [...this.#decisions.values()];
      this.#decisions.clear();
      for (let at = 0; at < all.length; at += MAX_DECISIONS) {
        const value = decisionsToProto(this.#through, all.slice(at, at + MAX_DECISIONS), detail);
        messages.push(encode({ case: "decisions", value }));
      }
    }
    const moved = reporter.floor !== this.#toldFloor || reporter.durableFloor !== this.#toldDurable;
    if (!this.#due && !moved) return messages;
    messages.push(
      encode({ case: "progress", value: progressToProto(reporter, this.#duplicates, this.#rejected) }),
    );
    this.#due = false;
    this.#duplicates = 0;
    if (this.#rejected.length > 0) this.#rejected = [];
    this.told(reporter);
    return messages;
  }
}

export function encode(message: StreamUsageResponse["message"]): Uint8Array {
  return toBinary(StreamUsageResponseSchema, {
    $typeName: "tollgate.enforcement.v1.StreamUsageResponse",
    message,
  });
}

/** Adds what remains to the decisions of a batch, for a caller that wants to be told. */
export function withRemaining(
  world: World,
  reporter: ReporterRow,
  answer: BatchAnswer,
  now: Now,
): BatchAnswer {
  if (answer.decisions.length === 0) return answer;
  const decisions = answer.decisions.map((one) => {
    const index = world.executions.find(reporter.caller, one.executionId);
    if (index === NO_INDEX) return one;
    return { ...one, decision: { ...one.decision, remaining: remainingOf(world, index, now) } };
  });
  return { ...answer, decisions };
}
