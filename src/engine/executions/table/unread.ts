import type { CallerId } from "../../../domain/ids.ts";
import type { EffectiveLimits } from "../../../domain/limits.ts";
import type { ExecutionRecord } from "../execution-record.ts";
import type { Member } from "./session-roots.ts";

// Records of executions that were loaded and that nobody asked for yet.

/** Makes them. */
export interface UnreadRecords {
  /** The record of an execution; called once for each. */
  read(index: number): ExecutionRecord;
}

/** An execution whose id is plain ASCII, from `from` up to `to` of the bytes that it was loaded in. */
export interface UnreadRow {
  readonly index: number;
  readonly parent: number;
  readonly limits: EffectiveLimits;
  readonly caller: CallerId;
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  /** Where it is a root of a session that it named. */
  readonly root: Member | undefined;
}

/** Stands where a record was not read yet; never handed out. */
export const UNREAD = Object.freeze({}) as ExecutionRecord;

/** Records read in one piece: a tenth of a millisecond. */
export const READ_AT_ONCE = 32;
