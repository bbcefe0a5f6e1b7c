import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Event } from "../../gen/tollgate/enforcement/v1/event_pb.ts";
import type { ExecutionDecision, RejectedReport } from "../../gen/tollgate/enforcement/v1/report_pb.ts";
import type { DetailLevel, PrincipalSchema } from "../../gen/tollgate/enforcement/v1/request_pb.ts";
import type { Answer } from "../answer.ts";

/** Reports that the daemon lacks and this process no longer keeps, by the numbers that `report()` gave them. */
export interface ReportGap {
  readonly from: number;
  readonly to: number;
}

/** What a program may want to know of a reporter's life. */
export type ReporterNotice =
  | { readonly kind: "connected"; readonly floor: bigint; readonly storeId: string }
  | { readonly kind: "disconnected"; readonly cause: Error }
  /** The daemon lost what it had said is durable. What is still kept is sent again. */
  | { readonly kind: "data_loss"; readonly floor: bigint; readonly durableSeen: bigint }
  /** The daemon knew nothing of this epoch: a new one was taken, and everything kept is sent again. */
  | { readonly kind: "new_epoch"; readonly epoch: bigint }
  | { readonly kind: "draining" };

export interface ReporterOptions {
  /** 1 to 128 visible ASCII characters; one per process that reports. */
  readonly reporterId: string;
  /**
   * Only for a program that makes the same reports again after a restart: its epoch, kept with them. `opened()` then says
   * behind which sequence it goes on. Default: a random one.
   */
  readonly epoch?: bigint;
  /** Who is charged for executions that the daemon does not know. */
  readonly principal?: MessageInitShape<typeof PrincipalSchema>;
  /** How much decisions tell. Default: minimal. */
  readonly detail?: DetailLevel;
  /** At the bound `report()` waits (default) or fails at once with BUFFER_FULL. */
  readonly onFull?: "wait" | "error";
  /** Most reports kept; at most 10,000, the default. */
  readonly maxReports?: number;
  /** Most bytes kept; at most 4 MiB, the default. */
  readonly maxBytes?: number;
  /** A decision about an execution: its verdict changed, or a report wanted one. */
  readonly onDecision?: (executionId: string, answer: Answer, told: ExecutionDecision) => void;
  /** Something pushed about an execution that this stream has reported for. */
  readonly onEvent?: (event: Event) => void;
  /** A report was invalid: it counts nowhere. */
  readonly onRejected?: (rejected: RejectedReport) => void;
  readonly onNotice?: (notice: ReporterNotice) => void;
  /**
   * The daemon lacks reports that are no longer kept. Answer "skip" to give them up; without an answer the reporter stops
   * with REPORTS_MISSING.
   */
  readonly onGap?: (gap: ReportGap) => "skip" | undefined;
}

/** A reporter that cannot go on, or a buffer that is full. */
export class ReporterError extends Error {
  override readonly name = "ReporterError";
  /** BUFFER_FULL, REPORT_TOO_LARGE, REPORTS_MISSING, REPORTER_CLOSED, or the daemon's reason, such as REPORTER_SUPERSEDED. */
  readonly reason: string;

  constructor(reason: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}
