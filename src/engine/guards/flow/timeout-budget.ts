import type { GuardSettings } from "../../../domain/policy/guard-fields.ts";
import type { ReasonCode } from "../../../domain/reasons.ts";
import { type Guard, type GuardNote, type GuardOutcome, PASS, type ToolCall } from "../guard.ts";

// Wall-clock budget of a turn and of a plan. Both start with the first allowed call that names them.

type TimeoutBudgetSettings = GuardSettings<"timeout_budget">;

/** A turn or a plan; the empty id is the session as a whole. */
interface Stretch {
  readonly id: string;
  startedMono: number;
  /** The longest call that was told: a stretch is at least as long, whatever clock measured it. */
  longestMs: number;
}

export interface TimeoutBudgetState {
  /** The one used last stands last. */
  turns: Stretch[];
  plans: Stretch[];
}

/** Turns, and plans, that a session remembers; one that comes back later starts anew, as a new id would. */
export const MAX_STRETCHES = 32;

export const timeoutBudget: Guard<TimeoutBudgetSettings, TimeoutBudgetState> = {
  id: "timeout_budget",
  createState: () => ({ turns: [], plans: [] }),
  before: ({ call, settings, state, now }) => {
    const { turn, plan } = stretchIds(call, settings);
    const notes = judge(settings, state, call, now.monoMs);
    return {
      ...withAdvice(notes, settings),
      commit: (slice) => {
        if (turn !== undefined) use(slice.turns, turn, now.monoMs);
        if (plan !== undefined) use(slice.plans, plan, now.monoMs);
      },
    };
  },
  after: ({ call, settings, state, durationMs, now }) => {
    const { turn, plan } = stretchIds(call, settings);
    const told = Math.max(0, Math.round(durationMs));
    // The output is there already: a budget that is used up refuses the next call, not this output.
    const notes = judge(settings, state, call, now.monoMs, told).map((one) => ({
      ...one,
      verdict: "WARN" as const,
    }));
    return {
      ...withAdvice(notes, settings),
      commit: (slice) => {
        for (const stretch of [find(slice.turns, turn), find(slice.plans, plan)])
          if (stretch !== undefined && told > stretch.longestMs) stretch.longestMs = told;
      },
    };
  },
  shiftClock: (state, byMs) => {
    for (const stretch of [...state.turns, ...state.plans]) stretch.startedMono += byMs;
  },
  trim: (state) => {
    state.turns.splice(0, Math.ceil(state.turns.length / 2));
    state.plans.splice(0, Math.ceil(state.plans.length / 2));
  },
};

/** The turn and the plan that a call counts in; undefined: it is not judged. */
function stretchIds(
  { turnId, planId }: Pick<ToolCall, "turnId" | "planId">,
  { armed_by }: TimeoutBudgetSettings,
): { readonly turn: string | undefined; readonly plan: string | undefined } {
  const unnamed = armed_by === "session" ? "" : undefined;
  return { turn: turnId ?? unnamed, plan: planId ?? unnamed };
}

function find(stretches: readonly Stretch[], id: string | undefined): Stretch | undefined {
  return id === undefined ? undefined : stretches.findLast((one) => one.id === id);
}

function use(stretches: Stretch[], id: string, monoMs: number): void {
  const at = stretches.findLastIndex((one) => one.id === id);
  if (at >= 0 && at === stretches.length - 1) return;
  const [known] = at >= 0 ? stretches.splice(at, 1) : [];
  stretches.push(known ?? { id, startedMono: monoMs, longestMs: 0 });
  if (stretches.length > MAX_STRETCHES) stretches.shift();
}

/** Time since the turn or plan started, ms; 0 when it starts with this call. */
export function elapsedMs(
  stretches: readonly Stretch[],
  id: string | undefined,
  monoMs: number,
  atLeastMs = 0,
): number {
  const stretch = find(stretches, id);
  if (stretch === undefined) return atLeastMs;
  return Math.max(0, Math.floor(monoMs - stretch.startedMono), stretch.longestMs, atLeastMs);
}

const BUDGETS = [
  ["Turn", "per_turn_budget_ms", "turns", "turn"],
  ["Plan", "per_plan_budget_ms", "plans", "plan"],
] as const;

function judge(
  settings: TimeoutBudgetSettings,
  state: TimeoutBudgetState,
  call: ToolCall,
  monoMs: number,
  atLeastMs = 0,
): GuardNote[] {
  const notes: GuardNote[] = [];
  const ids = stretchIds(call, settings);
  for (const [name, key, slice, id] of BUDGETS) {
    const budget = settings[key];
    if (budget === undefined || ids[id] === undefined) continue;
    const elapsed = elapsedMs(state[slice], ids[id], monoMs, atLeastMs);
    if (elapsed >= budget) notes.push(note("BLOCK", "TIME_BUDGET_EXCEEDED", name, key, elapsed, budget));
    else if (elapsed >= budget * settings.soft_budget_ratio)
      notes.push(note("WARN", "TIME_BUDGET_SOFT", name, key, elapsed, budget));
  }
  return notes;
}

function note(
  verdict: "BLOCK" | "WARN",
  reason: ReasonCode,
  name: string,
  setting: string,
  elapsed: number,
  budget: number,
): GuardNote {
  const what = verdict === "BLOCK" ? "time budget exceeded" : "time budget is nearly used up";
  return {
    verdict,
    reason,
    text: `${name} ${what}: ${elapsed} / ${budget} ms`,
    setting,
    current: { kind: "durationMs", value: elapsed },
    limit: { kind: "durationMs", value: budget },
  };
}

function withAdvice(
  notes: readonly GuardNote[],
  { degrade_actions }: TimeoutBudgetSettings,
): GuardOutcome<TimeoutBudgetState> {
  return notes.length === 0 ? PASS : { notes, advice: degrade_actions };
}
