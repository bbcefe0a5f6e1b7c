import { SPENT_STRIDE } from "../../domain/counters.ts";
import type { Finding } from "../../domain/decision.ts";
import type { CarveMode, Principal } from "../../domain/execution.ts";
import type { CallerId } from "../../domain/ids.ts";
import { isEmptyOverrides, type LimitOverrides } from "../../domain/limits.ts";
import { RECORD_PUT } from "../../ports/cut-store.ts";
import type { ExecutionRecord } from "../executions/execution-record.ts";
import { counterPlace } from "../executions/table/columns.ts";
import type { World } from "../world.ts";
import type { CutBuffer } from "./cut-buffer.ts";
import { bigintAsText, deleteRow, tableNumber } from "./generations.ts";

// Texts, limits and carves of executions: a JSON list, written when they change. Who it is stands by place and what is
// usual is left out, because 100,000 of these are read at a start.

const EXECUTION_TEXTS = tableNumber("execution_texts");

export type Texts = { readonly [name: string]: string };
export interface StoredOverrides {
  readonly values: Texts;
  readonly custom: Texts;
  readonly concurrency?: Texts;
  readonly preset?: LimitOverrides["preset"];
  readonly onExceed?: LimitOverrides["onExceed"];
}

/** What the file says of an execution beside its numbers. Amounts are decimal text; what is usual is left out. */
export interface ExecutionText {
  readonly caller: CallerId;
  readonly id: string;
  readonly principal: Principal;
  readonly session: string;
  readonly labels?: Texts;
  readonly requested?: StoredOverrides;
  readonly discovered?: boolean;
  readonly parentId?: string | undefined;
  readonly adjusted?: StoredOverrides;
  readonly carve?: {
    readonly mode: CarveMode;
    readonly total: readonly string[];
    readonly held: readonly string[];
    readonly taken: readonly string[];
    readonly takes: readonly { readonly index: number; readonly amounts: readonly string[] }[];
    readonly active: boolean;
  };
  readonly custom?: { readonly spent: Texts; readonly held: Texts };
  readonly stateFinding?: Finding;
  readonly resolvedReservations?: number;
  /** Without the first, which stands among the numbers. */
  readonly reporters?: readonly number[];
  readonly openApprovals?: readonly string[];
  readonly modifications?: readonly number[];
  readonly announced?: readonly string[];
}

export function encodeExecutionText(world: World, index: number, out: CutBuffer): void {
  const record = world.executions.recordAt(index);
  if (record === undefined) return deleteRow(out, EXECUTION_TEXTS, index);
  out.text(RECORD_PUT, EXECUTION_TEXTS, index, formatExecutionText(world, record));
}

function formatExecutionText(world: World, record: ExecutionRecord): string {
  const { caller, id, principal, session, parentId, reporters, ...rest } = textOf(world, record);
  const first = world.executions.firstReporter.get(record.index) - 1;
  const later = reporters?.filter((row) => row !== first);
  const others = { ...rest, reporters: later?.length === 0 ? undefined : later };
  const { tenant, team, user, apiKeyId, agent } = principal;
  const places = [caller, id, session, parentId, tenant, team, user, apiKeyId, agent];
  const isUsual = Object.values(others).every((value) => value === undefined);
  return JSON.stringify(isUsual ? places : [...places, others], bigintAsText);
}

type Places = readonly [
  caller: CallerId,
  id: string,
  session: string,
  parentId: string | null,
  tenant: string,
  team: string | null,
  user: string | null,
  apiKeyId: string | null,
  agent: string | null,
  others?: Omit<ExecutionText, "caller" | "id" | "session" | "parentId" | "principal">,
];

export function parseExecutionText(text: string): ExecutionText {
  const [caller, id, session, parentId, tenant, team, user, apiKeyId, agent, others] = JSON.parse(
    text,
  ) as Places;
  const principal: { -readonly [L in keyof Principal]: Principal[L] } = { tenant };
  if (team !== null) principal.team = team;
  if (user !== null) principal.user = user;
  if (apiKeyId !== null) principal.apiKeyId = apiKeyId;
  if (agent !== null) principal.agent = agent;
  return { ...others, caller, id, session, principal, ...(parentId === null ? {} : { parentId }) };
}

/** What is kept of an execution beside its numbers; undefined where it is as usual. */
export function textOf(world: World, record: ExecutionRecord) {
  const { caller, id, principal, session, labels, requested, discovered, parentId, adjusted, carve, custom } =
    record;
  const reporters = record.reporters.filter((row) => world.reporters.entries[row] !== undefined);
  return {
    caller,
    id,
    principal,
    session,
    labels: Object.keys(labels).length === 0 ? undefined : labels,
    requested: isEmptyOverrides(requested) ? undefined : requested,
    discovered: discovered ? true : undefined,
    parentId,
    adjusted: isEmptyOverrides(adjusted) ? undefined : adjusted,
    carve,
    custom,
    stateFinding: record.stateFinding,
    resolvedReservations: record.resolvedReservations === 0 ? undefined : record.resolvedReservations,
    reporters: reporters.length === 0 ? undefined : reporters,
    openApprovals: record.openApprovals.length === 0 ? undefined : record.openApprovals,
    modifications: record.modifications,
    announced: record.announced === undefined ? undefined : [...record.announced],
  };
}

/** What is kept of a completed execution in the file, enough to take it up again for late usage. */
export function completedRow(world: World, index: number) {
  const table = world.executions;
  const base = counterPlace(index);
  // What only a running execution needs would make the row longer than a store takes.
  const {
    announced: _announced,
    modifications: _modifications,
    reporters: _reporters,
    ...kept
  } = textOf(world, table.record(index));
  return {
    ...kept,
    spent: Array.from(table.spent.subarray(base, base + SPENT_STRIDE), String),
    startedWall: table.startedWall.get(index),
    wallTimeMs: table.endedMono.get(index) - table.startedMono.get(index),
    pausedMs: table.pausedMs.get(index),
    maxDepth: table.maxDepth.get(index),
    eventNumber: table.eventNumber.get(index),
  };
}
