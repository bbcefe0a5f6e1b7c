// The naive model: what docs/limits.md says, with plain objects, one thing after the other. Slow and obvious. It knows no
// typed arrays, no cuts and no indexes; it is compared with the engine after every step.

export const UNITS = ["steps", "discovered", "tokens", "cost", "toolCalls", "requests", "cpu"] as const;
export type Unit = (typeof UNITS)[number];
export type Amounts = { [U in Unit]: number };

/** What a carve can slice. */
export const CARVED = ["steps", "tokens", "cost", "toolCalls"] as const;
export type Carved = (typeof CARVED)[number];
export type CarveAmounts = { [U in Carved]: number };

export const COUNTED_LIMITS = {
  max_steps: "steps",
  max_tokens: "tokens",
  max_cost_usd: "cost",
  cost_alert_threshold_usd: "cost",
  max_discovered_steps: "discovered",
  max_requests: "requests",
  max_tool_calls: "toolCalls",
} as const satisfies { readonly [key: string]: Unit };
export type CountedLimit = keyof typeof COUNTED_LIMITS;
export type ModelLimits = { [K in CountedLimit | "max_wall_time_ms" | "idle_timeout_seconds"]?: number };
export type Action = "halt" | "pause" | "block";
export type Actions = { readonly [K in CountedLimit]: Action };

export interface ModelCarve {
  readonly mode: "cap" | "floor";
  readonly total: CarveAmounts;
  held: CarveAmounts;
  taken: CarveAmounts;
  /** What came out of the carves above, nearest first. */
  takes: Take[];
  isActive: boolean;
}

export interface Take {
  readonly owner: string;
  readonly amounts: CarveAmounts;
}

export interface ModelHold {
  readonly amounts: Amounts;
  state: "held" | "settled" | "released" | "expired";
  expiresMono: number;
  readonly takes: Take[];
  /** Names of the windows it lies in. */
  readonly windows: readonly string[];
}

export interface ModelExecution {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly user: string | undefined;
  readonly tenant: string;
  state: "RUNNING" | "PAUSED" | "HALTED" | "COMPLETED";
  /** The reason of the finding that paused or halted it; COST_THRESHOLD, EXECUTION_PAUSED … */
  cause: { reason: string; key: CountedLimit | undefined } | undefined;
  spent: Amounts;
  limits: ModelLimits;
  readonly carve: ModelCarve | undefined;
  memory: number;
  readonly holds: Map<string, ModelHold>;
  readonly requests: Set<string>;
  startedMono: number;
  lastActivityMono: number;
  endedMono: number;
  readonly reporters: Set<string>;
}

export interface ModelApproval {
  readonly id: string;
  readonly executionId: string;
  readonly cause: CountedLimit;
  readonly limit: number;
  readonly expiresWall: number;
  dueMono: number;
}

export interface ModelReporter {
  readonly id: string;
  readonly epoch: number;
  isFenced: boolean;
  readonly applied: Set<number>;
}

/** What the policy says beside limits. Absent = no bound. */
export interface Rules {
  readonly unregistered: "block" | "allow" | "register";
  /** Most active executions of one tenant, and of one user. */
  readonly places: { readonly tenant?: number; readonly user?: number };
  /** Most requests in flight of one tenant. */
  readonly slots?: number;
}

export interface ModelPrincipal {
  readonly tenant: string;
  readonly user: string | undefined;
}

export interface Model {
  readonly actions: Actions;
  readonly rules: Rules;
  readonly executions: Map<string, ModelExecution>;
  /** Spent and held by the name of a window: level, tenant, name, period, start. */
  readonly windows: Map<string, { readonly spent: Amounts; readonly held: Amounts }>;
  readonly reporters: Map<string, ModelReporter>;
  /** Open ones. */
  readonly approvals: Map<string, ModelApproval>;
  /** Request ids of charges that no execution was registered for. */
  readonly unregistered: Set<string>;
}

export function createModel(actions: Actions, rules: Rules): Model {
  const [executions, windows, reporters, approvals] = [new Map(), new Map(), new Map(), new Map()];
  return { actions, rules, executions, windows, reporters, approvals, unregistered: new Set() };
}

export function nothing(): Amounts {
  return { steps: 0, discovered: 0, tokens: 0, cost: 0, toolCalls: 0, requests: 0, cpu: 0 };
}

export function nothingCarved(): CarveAmounts {
  return { steps: 0, tokens: 0, cost: 0, toolCalls: 0 };
}

export function getExecution(model: Model, id: string): ModelExecution {
  const execution = model.executions.get(id);
  if (execution === undefined) throw new Error(`the model has no execution ${id}`);
  return execution;
}

/** The execution and its ancestors, nearest first. */
export function chainOf(model: Model, id: string): ModelExecution[] {
  const chain: ModelExecution[] = [];
  for (let at: string | undefined = id; at !== undefined; at = model.executions.get(at)?.parentId) {
    const execution = model.executions.get(at);
    if (execution !== undefined) chain.push(execution);
  }
  return chain;
}

export function childrenOf(model: Model, id: string): ModelExecution[] {
  return [...model.executions.values()].filter((one) => one.parentId === id);
}

export function isBelow(model: Model, id: string, ancestor: string): boolean {
  return id !== ancestor && chainOf(model, id).some((one) => one.id === ancestor);
}

/**
 * What is held at an execution: the live holds of its subtree, and what the carves of its descendants still hold. A carve
 * holds above its child, not at it.
 */
export function heldAt(model: Model, id: string, unit: Unit): number {
  let held = 0;
  for (const execution of model.executions.values()) {
    if (execution.id !== id && !isBelow(model, execution.id, id)) continue;
    for (const hold of execution.holds.values()) if (hold.state === "held") held += hold.amounts[unit];
    const { carve } = execution;
    if (execution.id !== id && carve?.isActive === true && isCarved(unit)) held += carve.held[unit];
  }
  return held;
}

export function isCarved(unit: Unit): unit is Carved {
  return (CARVED as readonly string[]).includes(unit);
}

/** Memory in use by the live members of a subtree. */
export function memoryAt(model: Model, id: string): number {
  let sum = 0;
  for (const execution of model.executions.values()) {
    if (execution.id === id || isBelow(model, execution.id, id)) sum += execution.memory;
  }
  return sum;
}

/** The calendar windows of a principal at an instant, by name. */
export function windowsAt(principal: ModelPrincipal, wallMs: number, isUnattributed = false): string[] {
  const { tenant, user } = principal;
  const levels = [`global//`, `tenant/${tenant}/${tenant}`];
  if (user !== undefined) levels.push(`user/${tenant}/${user}`);
  if (isUnattributed) levels.push(`unattributed/${tenant}/${tenant}`);
  const date = new Date(wallMs);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const starts = [
    `hour/${Date.UTC(year, month, day, date.getUTCHours())}`,
    `day/${Date.UTC(year, month, day)}`,
    `month/${Date.UTC(year, month)}`,
  ];
  return levels.flatMap((level) => starts.map((start) => `${level}/${start}`));
}

export function windowOf(model: Model, name: string): { readonly spent: Amounts; readonly held: Amounts } {
  let window = model.windows.get(name);
  if (window === undefined) model.windows.set(name, (window = { spent: nothing(), held: nothing() }));
  return window;
}
