import type { GuardSettings } from "../../../domain/policy/guard-fields.ts";
import { type BeforeInput, type Guard, type GuardNote, PASS } from "../guard.ts";
import { findLeastBound } from "../named-bounds.ts";

// How many calls a session, or one turn of it, may make: in all, of discovery tools, of all others, of one tool.

type ToolBudgetSettings = GuardSettings<"tool_budget">;

export interface ToolCounts {
  discovery: number;
  execution: number;
  /** Only tools that `per_tool` names: a list, since any text is a name. */
  tools: { readonly name: string; calls: number }[];
}

export interface ToolBudgetState {
  session: ToolCounts;
  /** The turn used last stands last. */
  turns: { readonly id: string; readonly counts: ToolCounts }[];
}

/** Turns remembered of a session; one that comes back later starts anew, as a new id would. */
const MAX_TURNS = 16;
/** Names of tools counted of one session or turn: one more is refused, since it could not be bounded. */
const MAX_TOOLS = 64;

const EMPTY: ToolCounts = Object.freeze({ discovery: 0, execution: 0, tools: [] });

export const toolBudget: Guard<ToolBudgetSettings, ToolBudgetState> = {
  id: "tool_budget",
  createState: () => ({ session: createCounts(), turns: [] }),
  before: ({ call, settings, state }) => {
    const counts = countsOf(state, settings, call.turnId);
    const tool = findLeastBound(settings.per_tool, call.tool) === undefined ? undefined : call.tool;
    const kind = call.entry?.discovery === true ? "discovery" : "execution";
    const notes = judge({ call, settings }, counts, kind, tool);
    return {
      notes,
      advice: notes.length === 0 ? undefined : ["wrap_up"],
      // The session is counted in any case, so that a change of `per` finds what was used.
      commit: (slice) => {
        add(slice.session, kind, tool);
        if (call.turnId !== undefined) add(turnCounts(slice, call.turnId), kind, tool);
      },
    };
  },
  after: ({ call, settings, state }) => {
    const { total } = settings;
    const counts = countsOf(state, settings, call.turnId);
    if (total === undefined || counts.discovery + counts.execution < total) return PASS;
    return { notes: [], advice: ["wrap_up"] };
  },
  trim: (state) => {
    state.turns.splice(0, Math.ceil(state.turns.length / 2));
  },
};

/** Without a turn the session is one. */
export function countsOf(
  state: ToolBudgetState,
  { per }: Pick<ToolBudgetSettings, "per">,
  turnId: string | undefined,
): ToolCounts {
  if (per === "session" || turnId === undefined) return state.session;
  return state.turns.find((turn) => turn.id === turnId)?.counts ?? EMPTY;
}

function judge(
  { call, settings }: Pick<BeforeInput<ToolBudgetSettings, unknown>, "call" | "settings">,
  counts: ToolCounts,
  kind: "discovery" | "execution",
  tool: string | undefined,
): GuardNote[] {
  const notes: GuardNote[] = [];
  const bound = (budget: string, key: string, next: number, limit: number | undefined): void => {
    if (limit === undefined || next <= limit) return;
    notes.push({
      verdict: "BLOCK",
      reason: "TOOL_BUDGET",
      text: `${budget} budget exceeded: ${next} > ${limit}`,
      setting: key,
      current: { kind: "count", value: BigInt(next) },
      limit: { kind: "count", value: BigInt(limit) },
    });
  };
  bound("total", "total", counts.discovery + counts.execution + 1, settings.total);
  bound(kind, kind, counts[kind] + 1, settings[kind]);
  if (tool === undefined) return notes;
  const known = counts.tools.find((one) => one.name === tool);
  bound(`tool ${call.tool}`, "per_tool", (known?.calls ?? 0) + 1, findLeastBound(settings.per_tool, tool));
  if (known === undefined && counts.tools.length >= MAX_TOOLS)
    bound("different tools", "per_tool", MAX_TOOLS + 1, MAX_TOOLS);
  return notes;
}

function createCounts(): ToolCounts {
  return { discovery: 0, execution: 0, tools: [] };
}

function add(counts: ToolCounts, kind: "discovery" | "execution", tool: string | undefined): void {
  counts[kind]++;
  if (tool === undefined) return;
  const known = counts.tools.find((one) => one.name === tool);
  if (known !== undefined) known.calls++;
  else if (counts.tools.length < MAX_TOOLS) counts.tools.push({ name: tool, calls: 1 });
}

function turnCounts(state: ToolBudgetState, id: string): ToolCounts {
  const at = state.turns.findIndex((turn) => turn.id === id);
  const [known] = at >= 0 ? state.turns.splice(at, 1) : [];
  const turn = known ?? { id, counts: createCounts() };
  state.turns.push(turn);
  if (state.turns.length > MAX_TURNS) state.turns.shift();
  return turn.counts;
}
