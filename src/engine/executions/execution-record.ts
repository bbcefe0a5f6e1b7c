import type { Finding } from "../../domain/decision.ts";
import type { ExecutionEvent } from "../../domain/event.ts";
import type { CarveMode, Principal } from "../../domain/execution.ts";
import type { CallerId } from "../../domain/ids.ts";
import type { EffectiveLimits, LimitOverrides } from "../../domain/limits.ts";
import type { EffectivePolicy } from "../policy/effective-policy.ts";

// What is known of an execution beside its numbers (execution-table.ts).

/** What a carve still holds on every ancestor of its execution, and what it took out of the carves above. */
export interface CarveHold {
  readonly mode: CarveMode;
  /** In the order of CARVE_UNITS; 0 = not carved. */
  readonly total: readonly bigint[];
  readonly held: bigint[];
  /** What was taken when it was last taken: the total less what had been used by then. */
  taken: readonly bigint[];
  /** Per carved ancestor, nearest first: what of the carve came out of its own. */
  takes: readonly CarveTake[];
  /** False while halted or completed: nothing is held then. */
  active: boolean;
}

export interface CarveTake {
  readonly index: number;
  readonly amounts: bigint[];
}

export interface LoopRing {
  /** Four numbers per step: signature (2 × 32 bits), result digest (2 × 32 bits, 0 0 = none). */
  readonly entries: Int32Array;
  readonly window: number;
  /** Steps ever recorded. */
  count: number;
  /** `warn_first`: the agent was warned once. */
  warned: boolean;
}

export interface CustomCounters {
  readonly spent: { [name: string]: bigint };
  readonly held: { [name: string]: bigint };
}

export interface RequestMemory {
  readonly digest: string;
  readonly row: number;
}

/** What is known of an execution beside its numbers. */
export interface ExecutionRecord {
  readonly index: number;
  readonly caller: CallerId;
  readonly id: string;
  readonly principal: Principal;
  readonly session: string;
  readonly labels: { readonly [name: string]: string };
  readonly requested: LimitOverrides;
  /** Registered as discovered by its parent. */
  readonly discovered: boolean;
  readonly parentId: string | undefined;
  /** Indexes of the ancestors, parent first; shared by all children of one parent. */
  readonly chain: readonly number[];
  childChain: readonly number[] | undefined;
  /** What an approval or an operator set for this execution alone. */
  adjusted: LimitOverrides;
  /** What holds for its tenant and labels; another one after a swap that changes it. */
  policy: EffectivePolicy;
  limits: EffectiveLimits;
  carve: CarveHold | undefined;
  custom: CustomCounters | undefined;
  loop: LoopRing | undefined;
  /** Why it is paused, halted or was completed by its parent. */
  stateFinding: Finding | undefined;
  events: readonly ExecutionEvent[];
  /** By reservation id: its row. */
  reservations: Map<string, number> | undefined;
  resolvedReservations: number;
  requests: Map<string, RequestMemory> | undefined;
  /** Reporters that reported for it. */
  reporters: readonly number[];
  openApprovals: readonly string[];
  /** Wall instants of modifications within the last hour, per session root. */
  modifications: number[] | undefined;
  /** Reasons whose refusal by `Check` was kept as a violation already. */
  checkedRefusals: Set<string> | undefined;
  /** Findings that were told once and have no bit in `warned`. */
  told: Set<string> | undefined;
  /** Names of discovered steps that were announced and have not run yet. */
  announced: Set<string> | undefined;
}

/** What a record is made of; the rest is what an execution has not done yet. */
export type ExecutionIdentity = Pick<
  ExecutionRecord,
  | "index"
  | "caller"
  | "id"
  | "principal"
  | "session"
  | "labels"
  | "requested"
  | "discovered"
  | "parentId"
  | "chain"
  | "adjusted"
  | "policy"
  | "limits"
  | "carve"
>;

const NONE: readonly never[] = Object.freeze([]);

/** Shorter lists are copied: one that is pushed to, or spread, has room for sixteen more from then on. */
export const SHORT = 8;

/** A list with one more; the shared empty one is never written to. */
export function appended<T>(list: readonly T[], item: T): readonly T[] {
  if (list.length < SHORT) return list.concat([item]);
  (list as T[]).push(item);
  return list;
}

/** One literal, so that all of a record lies in one object: 100,000 of them are most of the heap. What every decision reads comes first. */
export function createExecutionRecord(identity: ExecutionIdentity): ExecutionRecord {
  return {
    index: identity.index,
    caller: identity.caller,
    id: identity.id,
    policy: identity.policy,
    limits: identity.limits,
    principal: identity.principal,
    session: identity.session,
    labels: identity.labels,
    requested: identity.requested,
    discovered: identity.discovered,
    parentId: identity.parentId,
    chain: identity.chain,
    childChain: undefined,
    adjusted: identity.adjusted,
    carve: identity.carve,
    custom: undefined,
    loop: undefined,
    stateFinding: undefined,
    events: NONE,
    reservations: undefined,
    resolvedReservations: 0,
    requests: undefined,
    reporters: NONE,
    openApprovals: NONE,
    modifications: undefined,
    checkedRefusals: undefined,
    told: undefined,
    announced: undefined,
  };
}

/** One name for a caller and an id of its own, for lists and rows. */
export function callerKey(caller: CallerId, id: string): string {
  return `${caller}\n${id}`;
}

export function keyOf(record: ExecutionRecord): string {
  return callerKey(record.caller, record.id);
}
