import type { Decision } from "../../../domain/decision.ts";
import { takeFreeRow } from "../../executions/table/free-rows.ts";
import type { Labels } from "../../policy/label-match.ts";
import type { ToolCall } from "../guard.ts";

/** The answer before a call or after it. */
export interface ToolAnswer {
  readonly decision: Decision;
  readonly stoppedAt: string | undefined;
  readonly reason: string | undefined;
  /** JSON; undefined unless the decision is a REPAIR. Never in the file. */
  readonly repaired: string | undefined;
  /** Of a repair: digest of the repaired text, by which it is found again after a restart. */
  readonly repairedDigest: string | undefined;
}

export interface ToolOutputAnswer extends ToolAnswer {
  readonly referenceId: string | undefined;
  readonly settlement: "settled" | "late" | undefined;
}

/** A call that was allowed, with its slot. Times: ms of the monotonic clock. */
export interface ToolCallRow {
  readonly row: number;
  readonly index: number;
  /** As the guards saw it, but for what the tool catalogue said. */
  readonly call: Omit<ToolCall, "entry">;
  readonly session: string;
  readonly tenant: string;
  readonly provider: string | undefined;
  readonly route: string | undefined;
  /** What the call added to those of its execution: they hold for its output too. */
  readonly labels: Labels;
  /** Digest of the request. */
  readonly digest: string;
  readonly signature: string;
  /** Of the step that was charged; undefined where the step takes no part in loop detection. */
  readonly stepSignature: string | undefined;
  /** Keyed hash of the final arguments. */
  readonly argumentsHash: string;
  /** Final arguments; gone after a restart, since arguments are never written to the file. */
  argumentsText: string | undefined;
  readonly createdMono: number;
  expiresMono: number;
  /** Whether it still holds its slot. */
  inFlight: boolean;
  /** Id of the hold that came with it. */
  readonly reservationId: string | undefined;
  readonly answer: ToolAnswer;
  /** What its output was answered, and the digest of that request. */
  output: { readonly digest: string; readonly answer: ToolOutputAnswer } | undefined;
  /** Grows when the row is used again: deadlines of an earlier owner are void. */
  readonly stamp: number;
}

/** Calls remembered of one execution, so that a repeated output is booked once. */
export const MAX_TOOL_CALLS = 10_000;
/** Bytes of final arguments kept for postconditions; the oldest are dropped first. */
const MAX_ARGUMENT_CHARACTERS = 16_777_216;

export class ToolCallTable {
  readonly entries: (ToolCallRow | undefined)[] = [];
  /** By execution index, then call id. */
  readonly byExecution = new Map<number, Map<string, ToolCallRow>>();
  /** Slots in use by name of the level. */
  readonly #slots = new Map<string, number>();
  /** Rows whose arguments are in memory, the oldest first. */
  readonly #withArguments = new Set<ToolCallRow>();
  readonly #free: number[] = [];
  #argumentCharacters = 0;
  #nextStamp = 1;

  allocate(): { readonly row: number; readonly stamp: number } {
    return { row: takeFreeRow(this.#free, this.entries), stamp: this.#nextStamp++ };
  }

  nextStamp(): number {
    return this.#nextStamp++;
  }

  find(index: number, callId: string): ToolCallRow | undefined {
    return this.byExecution.get(index)?.get(callId);
  }

  insert(entry: ToolCallRow): void {
    while (this.entries.length < entry.row) {
      this.#free.push(this.entries.length);
      this.entries.push(undefined);
    }
    this.entries[entry.row] = entry;
    let calls = this.byExecution.get(entry.index);
    if (calls === undefined) this.byExecution.set(entry.index, (calls = new Map()));
    calls.set(entry.call.callId, entry);
    if (entry.inFlight) this.#count(entry, 1);
    this.#keepArguments(entry);
  }

  /** The slot is free again; the call stays remembered. */
  release(entry: ToolCallRow): void {
    if (!entry.inFlight) return;
    entry.inFlight = false;
    this.#count(entry, -1);
  }

  remove(entry: ToolCallRow): void {
    this.release(entry);
    this.dropArguments(entry);
    this.entries[entry.row] = undefined;
    this.#free.push(entry.row);
    const calls = this.byExecution.get(entry.index);
    calls?.delete(entry.call.callId);
    if (calls?.size === 0) this.byExecution.delete(entry.index);
  }

  /** What is known of the output of a call needs its arguments no longer. */
  dropArguments(entry: ToolCallRow): void {
    if (!this.#withArguments.delete(entry)) return;
    this.#argumentCharacters -= entry.argumentsText?.length ?? 0;
    entry.argumentsText = undefined;
  }

  slots(level: string): number {
    return this.#slots.get(level) ?? 0;
  }

  #count({ call, tenant, session }: ToolCallRow, by: 1 | -1): void {
    for (const level of slotLevels(tenant, session, call)) {
      const count = (this.#slots.get(level) ?? 0) + by;
      if (count > 0) this.#slots.set(level, count);
      else this.#slots.delete(level);
    }
  }

  #keepArguments(entry: ToolCallRow): void {
    if (entry.argumentsText === undefined || entry.output !== undefined) return;
    this.#withArguments.add(entry);
    this.#argumentCharacters += entry.argumentsText.length;
    for (const oldest of this.#withArguments) {
      if (this.#argumentCharacters <= MAX_ARGUMENT_CHARACTERS) return;
      this.dropArguments(oldest);
    }
  }
}

/** The names under which a call's slot is counted: of the tenant, its tool, its namespace, its session. */
export function slotLevels(
  tenant: string,
  session: string,
  { tool, namespace }: Pick<ToolCall, "tool" | "namespace">,
): readonly string[] {
  const levels = [`all\n${tenant}`, `tool\n${tenant}\n${tool}`, `session\n${session}`];
  if (namespace !== undefined) levels.push(`namespace\n${tenant}\n${namespace}`);
  return levels;
}
