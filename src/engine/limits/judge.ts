import { HELD, HELD_STRIDE, SPENT } from "../../domain/counters.ts";
import type { Finding } from "../../domain/decision.ts";
import { STATE } from "../../domain/execution.ts";
import {
  type EffectiveLimit,
  type LimitKey,
  MAX_MODIFICATIONS,
  MODIFICATION_WINDOW_MS,
} from "../../domain/limits.ts";
import type { Now } from "../../domain/time.ts";
import { FLAG, NO_INDEX, NOT_QUIET } from "../executions/execution-table.ts";
import { counterPlace } from "../executions/table/columns.ts";
import type { World } from "../world.ts";
import { COUNTER_LIMITS, type CompiledLimits, TOTAL_TOKENS, warningPoint } from "./compiled-limits.ts";
import { exceededFinding, type LimitFacts, limitFacts, nearFinding } from "./limit-finding.ts";
import { judgeLoop } from "./loops.ts";
import { EMPTY_PROBE, type Probe } from "./probe.ts";
import { idleMs, wallMs, workingMs } from "./times.ts";

// Whether limits allow something. Two speeds: `isQuiet` compares numbers and builds nothing; only when it says no does
// `judgeLimits` look at every limit of the execution and of its ancestors and build the findings.

/** True when no limit of the execution or its ancestors has anything to say about what the probe would add. */
export function isQuiet(world: World, index: number, probe: Probe, now: Now): boolean {
  return probe.signature === undefined && isQuietBesideLoops(world, index, probe, now);
}

/** The same of all limits but those on loops. */
function isQuietBesideLoops(world: World, index: number, probe: Probe, now: Now): boolean {
  const table = world.executions;
  const own = table.compiled.get(index) as CompiledLimits;
  if (now.monoMs - table.startedMono.get(index) >= own.wallAlertMs) return false;
  if (own.workingAlertMs !== Number.POSITIVE_INFINITY && workingMs(table, index, now) >= own.workingAlertMs)
    return false;
  if (now.monoMs - table.lastActivity.get(index) >= own.idleAlertMs) return false;
  if (probe.add[SPENT.modifications] !== 0n && own.limits.byKey.max_modifications_per_session !== undefined)
    return false;
  const depth = probe.entersDepth ? table.depth.get(index) : -1;
  for (let at = index; at !== NO_INDEX; at = table.parent.get(at)) {
    if (!isQuietLevel(world, at, probe, depth)) return false;
  }
  return true;
}

/** `depth` is that of the asking execution, -1 when it enters no level of discovery. */
function isQuietLevel(world: World, index: number, probe: Probe, depth: number): boolean {
  const table = world.executions;
  const flags = table.flags.get(index);
  if ((flags & NOT_QUIET) !== 0) return false;
  const { alerts, memoryAlert, maxDepth } = table.compiled.get(index) as CompiledLimits;
  if ((flags & FLAG.memory) !== 0 && table.subtreeMemory.get(index) >= memoryAlert) return false;
  if (depth >= maxDepth) return false;
  const spent = table.spent;
  const base = counterPlace(index);
  const { add } = probe;
  if ((flags & FLAG.held) === 0) {
    for (let unit = 0; unit <= SPENT.modifications; unit++) {
      if (
        BigInt.asIntN(64, (spent[base + unit] as bigint) + (add[unit] as bigint)) >= (alerts[unit] as bigint)
      )
        return false;
    }
    const tokens = (spent[base + SPENT.inputTokens] as bigint) + (spent[base + SPENT.outputTokens] as bigint);
    return BigInt.asIntN(64, tokens + (add[TOTAL_TOKENS] as bigint)) < (alerts[TOTAL_TOKENS] as bigint);
  }
  for (let unit = 0; unit <= SPENT.modifications; unit++) {
    const used = (spent[base + unit] as bigint) + (table.held[index * HELD_STRIDE + unit] as bigint);
    if (BigInt.asIntN(64, used + (add[unit] as bigint)) >= (alerts[unit] as bigint)) return false;
  }
  const tokens = usedTokens(world, index) + heldTokens(world, index);
  return BigInt.asIntN(64, tokens + (add[TOTAL_TOKENS] as bigint)) < (alerts[TOTAL_TOKENS] as bigint);
}

export function usedTokens(world: World, index: number): bigint {
  const { spent } = world.executions;
  const base = counterPlace(index);
  return (spent[base + SPENT.inputTokens] as bigint) + (spent[base + SPENT.outputTokens] as bigint);
}

export function heldTokens(world: World, index: number): bigint {
  const { held } = world.executions;
  const base = index * HELD_STRIDE;
  return (
    (held[base + HELD.inputTokens] as bigint) +
    (held[base + HELD.outputTokens] as bigint) +
    (held[base + HELD.plainTokens] as bigint)
  );
}

/** Used and held of one counter (or TOTAL_TOKENS) of one execution. */
export function usedOf(world: World, index: number, counter: number): bigint {
  return counter === TOTAL_TOKENS
    ? usedTokens(world, index)
    : (world.executions.spent[counterPlace(index) + counter] as bigint);
}

export function heldOf(world: World, index: number, counter: number): bigint {
  if (counter === TOTAL_TOKENS) return heldTokens(world, index);
  return counter <= SPENT.modifications
    ? (world.executions.held[index * HELD_STRIDE + counter] as bigint)
    : 0n;
}

/** Judged by an intent only when it adds to them: what stands already refuses no other kind of intent. */
const JUDGED_WHEN_ADDED: ReadonlySet<LimitKey> = new Set<LimitKey>([
  "max_discovered_steps",
  "max_modifications_per_session",
]);

/** Everything the limits say, in the order of the table of limits, for the execution and then its ancestors. */
export function judgeLimits(world: World, index: number, probe: Probe, now: Now): readonly Finding[] {
  // A step with a signature is never quiet, and nearly always no loop either.
  if (probe.signature === undefined || !isQuietBesideLoops(world, index, probe, now))
    return judgeEveryLimit(world, index, probe, now);
  const found: Finding[] = [];
  judgeLoop(world, index, probe, found);
  return found;
}

/** The same, with no look at what can have nothing to say. */
export function judgeEveryLimit(world: World, index: number, probe: Probe, now: Now): readonly Finding[] {
  const found: Finding[] = [];
  const chain = [index, ...world.executions.record(index).chain];
  const levels = levelsOf(world, chain, probe);
  judgeTimes(world, index, now, found);
  for (const [key, counter] of COUNTER_LIMITS.slice(0, 4))
    for (const at of levels) judgeCounter(world, at, key, counter, probe, found);
  for (const at of chain) judgeMemory(world, at, found);
  for (const [key, counter] of COUNTER_LIMITS.slice(4, 6))
    for (const at of levels) judgeCounter(world, at, key, counter, probe, found);
  if (probe.entersDepth) for (const at of chain) judgeDepth(world, index, at, found);
  for (const at of levels)
    judgeCounter(world, at, "max_discovered_steps", SPENT.discoveredSteps, probe, found);
  judgeIdle(world, index, now, found);
  judgeLoop(world, index, probe, found);
  for (const [key, counter] of COUNTER_LIMITS.slice(7))
    for (const at of levels) judgeCounter(world, at, key, counter, probe, found);
  judgeModifications(world, index, probe, now, found);
  for (const at of chain) judgeCustom(world, at, probe, found);
  return found;
}

interface Level {
  readonly index: number;
  /** What carves below hold here already of what the probe would add, in the order of CARVE_UNITS; absent = nothing. */
  readonly covered: readonly bigint[] | undefined;
}

/** What a carve holds for its child was admitted when it was taken: using it adds nothing at the levels above. */
function levelsOf(world: World, chain: readonly number[], probe: Probe): Level[] {
  let covered: readonly bigint[] | undefined;
  return chain.map((at) => {
    const level: Level = { index: at, covered };
    const { carve } = world.executions.record(at);
    if (carve?.active !== true) return level;
    const known = covered ?? NOTHING_COVERED;
    covered = CARVED_COUNTERS.map((counter, unit) => {
      const rest = (probe.add[counter] as bigint) - (known[unit] as bigint);
      const held = carve.held[unit] as bigint;
      return (known[unit] as bigint) + (rest < held ? rest : held);
    });
    return level;
  });
}

/** Counters by place in CARVE_UNITS. */
const CARVED_COUNTERS = [SPENT.steps, TOTAL_TOKENS, SPENT.costNanoUsd, SPENT.toolCalls] as const;
const NOTHING_COVERED: readonly bigint[] = CARVED_COUNTERS.map(() => 0n);

function judgeCounter(
  world: World,
  { index, covered }: Level,
  key: LimitKey,
  counter: number,
  probe: Probe,
  found: Finding[],
): void {
  const record = world.executions.record(index);
  const limit = carvedLimit(world, index, key, record.limits.byKey[key]);
  if (limit === undefined) return;
  const add = probe.add[counter] as bigint;
  if (add === 0n && JUDGED_WHEN_ADDED.has(key) && probe !== EMPTY_PROBE) return;
  const held = heldOf(world, index, counter);
  const standing = usedOf(world, index, counter) + held;
  if (key === "cost_alert_threshold_usd") {
    const facts = limitFacts(key, limit, standing, held, record.id);
    if (standing >= limit.value) found.push(exceededFinding(facts, "PAUSE"));
    else if (standing >= warningPoint(limit.value, record.limits.warningThreshold))
      found.push(nearFinding(facts));
    return;
  }
  const unit = covered === undefined ? -1 : CARVED_COUNTERS.findIndex((one) => one === counter);
  const current = standing + add - (covered?.[unit] ?? 0n);
  addLimitFinding(
    limitFacts(key, limit, current, held, record.id),
    current > limit.value,
    record.limits.warningThreshold,
    found,
  );
}

function addLimitFinding(
  facts: LimitFacts,
  refused: boolean,
  warningThreshold: number,
  found: Finding[],
): void {
  if (refused) found.push(exceededFinding(facts));
  else if (facts.limit.value > 0n && facts.current >= warningPoint(facts.limit.value, warningThreshold))
    found.push(nearFinding(facts));
}

/** What carves of the executions below hold at a level for them, of one counter: to the asking one it is not taken. */
export function heldForChain(world: World, below: readonly number[], counter: number): bigint {
  const unit = CARVED_COUNTERS.findIndex((one) => one === counter);
  if (unit < 0) return 0n;
  let held = 0n;
  for (const at of below) held += world.executions.record(at).carve?.held[unit] ?? 0n;
  return held;
}

/** With `carve: cap` the carve is also the child's limit. */
export function carvedLimit(
  world: World,
  index: number,
  key: LimitKey,
  limit: EffectiveLimit | undefined,
): EffectiveLimit | undefined {
  const { carve } = world.executions.record(index);
  if (carve === undefined || carve.mode !== "cap") return limit;
  const unit = CARVED_LIMITS[key];
  const total = unit === undefined ? 0n : (carve.total[unit] as bigint);
  if (total === 0n || (limit !== undefined && limit.value <= total)) return limit;
  return { value: total, mode: "enforce", onExceed: limit?.onExceed ?? "halt", tier: "session" };
}

/** Place in CARVE_UNITS by limit. */
const CARVED_LIMITS: { readonly [K in LimitKey]?: number } = {
  max_steps: 0,
  max_tokens: 1,
  max_cost_usd: 2,
  max_tool_calls: 3,
};

function judgeTimes(world: World, index: number, now: Now, found: Finding[]): void {
  const table = world.executions;
  const { limits, id } = table.record(index);
  for (const key of ["max_wall_time_ms", "max_working_time_ms"] as const) {
    const limit = limits.byKey[key];
    if (limit === undefined) continue;
    const elapsed = Math.floor(
      key === "max_wall_time_ms" ? wallMs(table, index, now) : workingMs(table, index, now),
    );
    const refused = elapsed > Number(limit.value) + limits.timeoutGraceMs;
    addLimitFinding(limitFacts(key, limit, BigInt(elapsed), 0n, id), refused, limits.warningThreshold, found);
  }
}

function judgeIdle(world: World, index: number, now: Now, found: Finding[]): void {
  const table = world.executions;
  const { limits, id } = table.record(index);
  const limit = limits.byKey.idle_timeout_seconds;
  if (limit === undefined || table.state.get(index) !== STATE.running) return;
  const seconds = BigInt(Math.floor(idleMs(table, index, now) / 1000));
  addLimitFinding(
    limitFacts("idle_timeout_seconds", limit, seconds, 0n, id),
    seconds >= limit.value,
    limits.warningThreshold,
    found,
  );
}

function judgeMemory(world: World, index: number, found: Finding[]): void {
  const table = world.executions;
  const { limits, id } = table.record(index);
  const limit = limits.byKey.max_memory_mb;
  if (limit === undefined) return;
  const bytes = BigInt(table.subtreeMemory.get(index));
  addLimitFinding(
    limitFacts("max_memory_mb", limit, bytes, 0n, id),
    bytes > limit.value,
    limits.warningThreshold,
    found,
  );
}

/** The depth of the asking execution against the limit of one level. */
function judgeDepth(world: World, asking: number, level: number, found: Finding[]): void {
  const { limits, id } = world.executions.record(level);
  const limit = limits.byKey.max_discovery_depth;
  if (limit === undefined) return;
  const next = BigInt(world.executions.depth.get(asking) + 1);
  if (next > limit.value) found.push(exceededFinding(limitFacts("max_discovery_depth", limit, next, 0n, id)));
}

function judgeModifications(world: World, index: number, probe: Probe, now: Now, found: Finding[]): void {
  const add = probe.add[SPENT.modifications] as bigint;
  const { limits, id } = world.executions.record(index);
  const limit = limits.byKey.max_modifications_per_session;
  if (limit === undefined || (add === 0n && probe !== EMPTY_PROBE)) return;
  const { counted: known, isFull, oldest, held } = modificationsOf(world, index, now);
  // What is above the instants that are kept is not known: a limit beyond them counts as reached.
  const counted = (isFull && limit.value > known ? limit.value : known) + held;
  const { toldModifications: told } = probe;
  const current = (told > counted ? told : counted) + add;
  const facts = limitFacts("max_modifications_per_session", limit, current, held, id);
  if (current > limit.value) {
    found.push({
      ...exceededFinding(facts),
      ...(oldest === undefined
        ? {}
        : { retryAfterMs: Math.max(1, oldest + MODIFICATION_WINDOW_MS - now.wallMs) }),
    });
  } else addLimitFinding(facts, false, limits.warningThreshold, found);
}

/** Modifications of a session within the last hour. */
export interface SessionModifications {
  readonly counted: bigint;
  readonly held: bigint;
  /** Wall instant of the first of them. */
  readonly oldest: number | undefined;
  /** A root has as many as are remembered: there may have been more. */
  readonly isFull: boolean;
}

/** Over all roots of the session: a second root buys nothing. */
export function modificationsOf(world: World, index: number, now: Now): SessionModifications {
  const since = now.wallMs - MODIFICATION_WINDOW_MS;
  let counted = 0;
  let held = 0n;
  let oldest: number | undefined;
  let isFull = false;
  for (const root of world.executions.sessionRoots(world.executions.record(index))) {
    const recent = (world.executions.record(root).modifications ?? []).filter((at) => at > since);
    counted += recent.length;
    held += heldOf(world, root, SPENT.modifications);
    isFull ||= recent.length >= MAX_MODIFICATIONS;
    for (const at of recent) if (oldest === undefined || at < oldest) oldest = at;
  }
  return { counted: BigInt(counted), held, oldest, isFull };
}

export function rootOf(world: World, index: number): number {
  const { chain } = world.executions.record(index);
  return chain.length === 0 ? index : (chain[chain.length - 1] as number);
}

function judgeCustom(world: World, index: number, probe: Probe, found: Finding[]): void {
  const record = world.executions.record(index);
  for (const [name, limit] of Object.entries(record.limits.custom)) {
    const held = record.custom?.held[name] ?? 0n;
    const current = (record.custom?.spent[name] ?? 0n) + held + (probe.custom[name] ?? 0n);
    const facts: LimitFacts = {
      key: `custom.${name}`,
      violationType: "custom_limit",
      unit: "count",
      limit,
      current,
      held,
      executionId: record.id,
    };
    addLimitFinding(facts, current > limit.value, record.limits.warningThreshold, found);
  }
}
