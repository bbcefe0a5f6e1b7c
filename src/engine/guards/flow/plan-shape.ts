import type { GuardSettings } from "../../../domain/policy/guard-fields.ts";
import type { GuardNote } from "../guard.ts";
import { type Guard, PASS, type ToolCall } from "../guard.ts";
import { measurePlan, type PlanNode } from "./plan-graph.ts";

// The shape of a plan: how long its longest chain is, how wide it fans out, how many tools it mixes. Judged for a whole
// plan before any of it runs, and call by call while it runs.

type PlanShapeSettings = GuardSettings<"plan_shape">;

interface PlannedStep {
  readonly key: string;
  readonly depth: number;
  /** The one call it needs; empty: none, or several. */
  readonly source: string;
  ended: boolean;
}

/** One plan so far; the empty id is the session as a whole. */
export interface RunningPlan {
  readonly id: string;
  /** The latest last; older ones live on in `depth` and `floor`. */
  steps: PlannedStep[];
  /** Deepest of the steps that are no longer remembered. */
  floor: number;
  depth: number;
  fanOut: number;
  calls: number;
  /** In the order in which they came. */
  tools: string[];
  /** How many calls need a call, widest ones kept; the empty key is for those that need nothing and stand first. */
  widths: { readonly key: string; count: number }[];
}

export interface PlanShapeState {
  /** The one used last stands last. */
  plans: RunningPlan[];
}

/** Plans of a session; one that comes back later starts anew, as a new id would. */
const MAX_PLANS = 4;
/** Calls remembered of one plan, and calls whose dependents are counted. */
const MAX_STEPS = 96;
const MAX_WIDTHS = 48;
/** Names of tools remembered of one plan; a plan with more is refused, whatever the policy allows. */
export const MAX_PLAN_TOOLS = 64;

export const planShape: Guard<PlanShapeSettings, PlanShapeState> = {
  id: "plan_shape",
  createState: () => ({ plans: [] }),
  before: ({ call, settings, state }) => {
    const id = planId(call, settings);
    if (id === undefined) return PASS;
    const plan = state.plans.find((one) => one.id === id) ?? createPlan(id);
    const next = placeOf(plan, call);
    return {
      notes: judgeNext(plan, call, next, settings),
      commit: (slice) => addStep(takePlan(slice, id), call, next),
    };
  },
  after: ({ call, settings }) => {
    const id = planId(call, settings);
    if (id === undefined) return PASS;
    return {
      notes: [],
      commit: (slice) => {
        const step = slice.plans.find((one) => one.id === id)?.steps.find((one) => one.key === call.key);
        if (step !== undefined) step.ended = true;
      },
    };
  },
  trim: (state) => {
    state.plans.splice(0, Math.ceil(state.plans.length / 2));
  },
};

function planId(call: ToolCall, { armed_by }: PlanShapeSettings): string | undefined {
  return call.planId ?? (armed_by === "session" ? "" : undefined);
}

function createPlan(id: string): RunningPlan {
  return { id, steps: [], floor: 0, depth: 0, fanOut: 0, calls: 0, tools: [], widths: [] };
}

interface Place {
  readonly depth: number;
  /** What its fan-out is counted at. */
  readonly points: readonly string[];
  readonly source: string;
  /** Calls that need the widest of its points, itself included. */
  readonly fanOut: number;
  /** How many of the calls it needs start from one point. */
  readonly fanIn: number;
}

/**
 * Where a call stands in the plan. What names no parents comes after everything that has ended, so calls that run at once
 * are as wide as they are many and not a chain. A parent that is not known, or no longer, counts as the deepest call there is:
 * a made-up parent makes no chain shorter.
 */
function placeOf(plan: RunningPlan, call: ToolCall): Place {
  const { parentKeys } = call;
  if (parentKeys.length === 0) {
    let deepest = plan.floor;
    for (const step of plan.steps) if (step.ended && step.depth > deepest) deepest = step.depth;
    const point = `after ${deepest}`;
    return { depth: deepest + 1, points: [point], source: point, fanOut: widthOf(plan, point) + 1, fanIn: 0 };
  }
  let deepest = 0;
  let fanOut = 0;
  let fanIn = 0;
  const sources = new Map<string, number>();
  for (const key of new Set(parentKeys)) {
    const step = plan.steps.find((one) => one.key === key);
    deepest = Math.max(deepest, step?.depth ?? plan.depth);
    fanOut = Math.max(fanOut, widthOf(plan, key) + 1);
    const shared = (sources.get(step?.source ?? "") ?? 0) + 1;
    sources.set(step?.source ?? "", shared);
    fanIn = Math.max(fanIn, shared);
  }
  const [only] = parentKeys.length === 1 ? parentKeys : [];
  return { depth: deepest + 1, points: parentKeys, source: only ?? "", fanOut, fanIn };
}

function widthOf(plan: RunningPlan, key: string): number {
  return plan.widths.find((one) => one.key === key)?.count ?? 0;
}

function judgeNext(plan: RunningPlan, call: ToolCall, next: Place, settings: PlanShapeSettings): GuardNote[] {
  const notes: GuardNote[] = [];
  above(notes, "chain_too_long", "max_chain_length", next.depth, settings.max_chain_length);
  const tools = plan.tools.length + (plan.tools.includes(call.tool) ? 0 : 1);
  const mostTools = Math.min(settings.max_unique_tools, MAX_PLAN_TOOLS);
  above(notes, "too_many_unique_tools", "max_unique_tools", tools, mostTools);
  above(notes, "fan_out_too_large", "max_fan_out", next.fanOut, settings.max_fan_out);
  if (settings.detect_fan_out_fan_in) {
    const { fan_out_fan_in_threshold: most } = settings;
    above(notes, "fan_out_fan_in_detected", "fan_out_fan_in_threshold", next.fanIn, most);
  }
  return notes;
}

/** Adds the finding when `current` is above `limit`; all texts of this guard have one form. */
function above(notes: GuardNote[], what: string, setting: string, current: number, limit: number): void {
  if (current <= limit) return;
  notes.push({
    verdict: "BLOCK",
    reason: "PLAN_SHAPE",
    text: `${what}: ${current} > ${limit}`,
    setting,
    current: { kind: "count", value: BigInt(current) },
    limit: { kind: "count", value: BigInt(limit) },
  });
}

function takePlan(state: PlanShapeState, id: string): RunningPlan {
  const at = state.plans.findIndex((one) => one.id === id);
  const [known] = at >= 0 ? state.plans.splice(at, 1) : [];
  const plan = known ?? createPlan(id);
  state.plans.push(plan);
  if (state.plans.length > MAX_PLANS) state.plans.shift();
  return plan;
}

function addStep(plan: RunningPlan, call: ToolCall, { depth, points, source, fanOut }: Place): void {
  plan.calls++;
  plan.depth = Math.max(plan.depth, depth);
  plan.fanOut = Math.max(plan.fanOut, fanOut);
  if (!plan.tools.includes(call.tool) && plan.tools.length < MAX_PLAN_TOOLS) plan.tools.push(call.tool);
  for (const key of new Set(points)) countDependent(plan, key);
  plan.steps.push({ key: call.key, depth, source, ended: false });
  if (plan.steps.length <= MAX_STEPS) return;
  const forgotten = plan.steps.shift() as PlannedStep;
  plan.floor = Math.max(plan.floor, forgotten.depth);
}

function countDependent(plan: RunningPlan, key: string): void {
  const known = plan.widths.find((one) => one.key === key);
  if (known !== undefined) {
    known.count++;
    return;
  }
  if (plan.widths.length >= MAX_WIDTHS) {
    // The narrowest goes: only the widest points can ever be too wide.
    let narrowest = 0;
    for (const [place, one] of plan.widths.entries())
      if (one.count < (plan.widths[narrowest]?.count ?? 0)) narrowest = place;
    plan.widths.splice(narrowest, 1);
  }
  plan.widths.push({ key, count: 1 });
}

/** One call of a plan that is judged before any of it runs. */
export interface PlannedCall extends PlanNode {
  readonly tool: string;
}

/** Judges a whole plan or batch; changes nothing. One that is too large is not measured. */
export function judgePlan(calls: readonly PlannedCall[], settings: PlanShapeSettings): readonly GuardNote[] {
  const notes: GuardNote[] = [];
  above(notes, "batch_too_large", "max_batch_size", calls.length, settings.max_batch_size);
  if (notes.length > 0) return notes;
  const shape = measurePlan(calls);
  if (shape.cycle !== undefined) {
    const path = [...shape.cycle, shape.cycle[0]].slice(-12).join(" > ");
    notes.push({ verdict: "BLOCK", reason: "PLAN_SHAPE", text: `cycle: ${path}` });
    return notes;
  }
  above(notes, "chain_too_long", "max_chain_length", shape.longestChain, settings.max_chain_length);
  const tools = new Set(calls.map((call) => call.tool)).size;
  above(notes, "too_many_unique_tools", "max_unique_tools", tools, settings.max_unique_tools);
  above(notes, "fan_out_too_large", "max_fan_out", shape.widestFanOut, settings.max_fan_out);
  if (settings.detect_fan_out_fan_in)
    above(
      notes,
      "fan_out_fan_in_detected",
      "fan_out_fan_in_threshold",
      shape.fanOutFanIn,
      settings.fan_out_fan_in_threshold,
    );
  return notes;
}
