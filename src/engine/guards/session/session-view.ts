import { TollgateError } from "../../../domain/errors.ts";
import type { GuardSettings } from "../../../domain/policy/guard-fields.ts";
import type { GuardId } from "../../../domain/policy/guard-ids.ts";
import type { Now } from "../../../domain/time.ts";
import type { ExecutionRecord } from "../../executions/execution-record.ts";
import { sessionKey } from "../../executions/table/session-roots.ts";
import { modificationsOf } from "../../limits/judge.ts";
import type { World } from "../../world.ts";
import { type GuardPolicy, resolveGuardSettings } from "../chain/resolve-guard-settings.ts";
import type { PlanShapeState } from "../flow/plan-shape.ts";
import { type Attempts, backoffLeftMs, type RetrySafetyState } from "../flow/retry-safety.ts";
import { elapsedMs, type TimeoutBudgetState } from "../flow/timeout-budget.ts";
import { countsOf, type ToolBudgetState } from "../flow/tool-budget.ts";
import type { Guard } from "../guard.ts";
import { GUARDS } from "../guard-table.ts";
import { findLeastBound } from "../named-bounds.ts";
import { findLineage, type ProvenanceRecord, type ProvenanceState } from "../output/provenance.ts";
import type { SaturationState } from "../output/saturation.ts";
import { findSession, sliceOf } from "./sessions.ts";
import type { ToolCallRow } from "./tool-call-table.ts";

// What an agent may see of its session: where each guard stands. Texts of the agent only; nothing that was found.

export interface BudgetView {
  readonly id: string;
  readonly elapsedMs: number;
  readonly remainingMs: number | undefined;
}

export interface SessionView {
  readonly sessionId: string;
  readonly turn: BudgetView | undefined;
  readonly plan: BudgetView | undefined;
  readonly planShape: PlanShapeState["plans"][number] | undefined;
  readonly slots: readonly ToolCallRow[];
  readonly attempts: readonly (Attempts & { readonly dueInMs: number })[];
  readonly saturation: readonly { readonly tool: string; readonly run: number }[];
  readonly toolBudgets: readonly {
    readonly budget: string;
    readonly used: number;
    readonly limit: number | undefined;
  }[];
  readonly unattributedUses: number;
  readonly modifications: number;
  readonly references: number;
}

/** Attempts shown of one session. */
const MAX_SHOWN = 100;

export function viewSession(
  world: World,
  record: ExecutionRecord,
  policy: GuardPolicy,
  asked: { readonly turnId: string | undefined; readonly planId: string | undefined },
  now: Now,
): SessionView {
  const guards = resolveGuardSettings(policy, "", undefined);
  const session = findSession(world, record);
  const slice = <S>(id: GuardId): S => sliceOf(session, GUARDS.get(id) as Guard) as S;
  const time = slice<TimeoutBudgetState>("timeout_budget");
  const plans = slice<PlanShapeState>("plan_shape").plans;
  const retries = slice<RetrySafetyState>("retry_safety");
  const origin = slice<ProvenanceState>("provenance");
  const planId = asked.planId ?? plans.at(-1)?.id;
  return {
    sessionId: record.session,
    turn: budget(time.turns, asked.turnId, guards.timeout_budget.per_turn_budget_ms, now),
    plan: budget(time.plans, asked.planId, guards.timeout_budget.per_plan_budget_ms, now),
    planShape: plans.find((plan) => plan.id === planId),
    slots: slotsOf(world, record),
    attempts: retries.attempts
      .slice(-MAX_SHOWN)
      .reverse()
      .map((one) => ({ ...one, dueInMs: backoffLeftMs(guards.retry_safety, one, now.monoMs) })),
    saturation: runsOf(slice<SaturationState>("saturation")),
    toolBudgets: budgetsOf(slice<ToolBudgetState>("tool_budget"), guards.tool_budget, asked.turnId),
    unattributedUses: origin.unattributedUses,
    modifications: Number(modificationsOf(world, record.index, now).counted),
    references: origin.records.length,
  };
}

function budget(
  stretches: TimeoutBudgetState["turns"],
  asked: string | undefined,
  budgetMs: number | undefined,
  now: Now,
): BudgetView | undefined {
  const id = asked ?? stretches.at(-1)?.id;
  if (id === undefined || !stretches.some((one) => one.id === id)) return undefined;
  const elapsed = elapsedMs(stretches, id, now.monoMs);
  return {
    id,
    elapsedMs: elapsed,
    remainingMs: budgetMs === undefined ? undefined : Math.max(0, budgetMs - elapsed),
  };
}

/** Slots of the whole session, the oldest first. */
function slotsOf(world: World, record: ExecutionRecord): ToolCallRow[] {
  const key = sessionKey(record);
  const slots: ToolCallRow[] = [];
  for (const entry of world.toolCalls.entries)
    if (entry?.inFlight === true && entry.session === key) slots.push(entry);
  return slots.sort((a, b) => a.createdMono - b.createdMono);
}

function runsOf({ runs }: SaturationState): SessionView["saturation"] {
  return runs.map(({ tool, length }) => ({ tool, run: length }));
}

function budgetsOf(
  state: ToolBudgetState,
  settings: GuardSettings<"tool_budget">,
  turnId: string | undefined,
): SessionView["toolBudgets"] {
  // A guard that is off bounds nothing.
  const { total, discovery, execution, per_tool = {} } = settings.level === "off" ? NO_BOUNDS : settings;
  const counts = countsOf(state, settings, turnId ?? state.turns.at(-1)?.id);
  return [
    { budget: "total", used: counts.discovery + counts.execution, limit: total },
    { budget: "discovery", used: counts.discovery, limit: discovery },
    { budget: "execution", used: counts.execution, limit: execution },
    ...counts.tools.map(({ name, calls }) => ({
      budget: `tool:${name}`,
      used: calls,
      limit: findLeastBound(per_tool, name),
    })),
  ];
}

const NO_BOUNDS: Partial<GuardSettings<"tool_budget">> = {};

/** @throws TollgateError REFERENCE_NOT_FOUND */
export function viewLineage(
  world: World,
  record: ExecutionRecord,
  referenceId: string,
  maxDepth: number,
): { readonly records: readonly ProvenanceRecord[]; readonly truncated: boolean } {
  const state = sliceOf(findSession(world, record), GUARDS.get("provenance") as Guard) as ProvenanceState;
  const lineage = findLineage(state, referenceId, maxDepth);
  if (lineage !== undefined) return lineage;
  throw new TollgateError(
    "REFERENCE_NOT_FOUND",
    `session ${record.session} knows no such reference, or no longer`,
  );
}
