import { HELD, HELD_STRIDE, SPENT, SPENT_STRIDE } from "../../domain/counters.ts";
import type { Finding } from "../../domain/decision.ts";
import { STATE } from "../../domain/execution.ts";
import type { EffectiveLimit, LimitKey } from "../../domain/limits.ts";
import type { Now } from "../../domain/time.ts";
import { FLAG, NO_INDEX } from "../executions/execution-table.ts";
import type { World } from "../world.ts";
import { COUNTER_LIMITS, TOTAL_TOKENS, warningPoint } from "./compiled-limits.ts";
import { exceededFinding, limitFacts, nearFinding, type LimitFacts } from "./limit-finding.ts";
import { judgeLoop } from "./loops.ts";
import type { Probe } from "./probe.ts";
import { idleMs, wallMs, workingMs } from "./times.ts";

// Whether limits allow something. Two speeds: `isQuiet` compares numbers and builds nothing; only when it says no does
// `judgeLimits` look at every limit of the execution and of its ancestors and build the findings.

/** True when no limit of the execution or its ancestors has anything to say about what the probe would add. */
export function isQuiet(world: World, index: number, probe: Probe, now: Now): boolean {
  const table = world.executions;
  const record = table.record(index);
  const own = record.compiled;
  if (now.monoMs - (table.startedMono[index] as number) >= own.wallAlertMs) return false;
  if (own.workingAlertMs !== Number.POSITIVE_INFINITY && workingMs(table, index, now) >= own.workingAlertMs) return false;
  if (now.monoMs - (table.lastActivity[index] as number) >= own.idleAlertMs) return false;
  if (probe.signature !== undefined) return false;
  for (let at = index; at !== NO_INDEX; at = table.parent[at] as number) {
    if (!isQuietLevel(world, at, probe)) return false;
  }
  return true;
}

function isQuietLevel(world: World, index: number, probe: Probe): boolean {
  const table = world.executions;
  if (table.state[index] !== STATE.running) return false;
  const flags = table.flags[index] as number;
  if ((flags & (FLAG.uncertain | FLAG.saturated | FLAG.carved | FLAG.careful)) !== 0) return false;
  const { alerts, memoryAlert, maxDepth } = table.record(index).compiled;
  if ((table.subtreeMemory[index] as number) >= memoryAlert) return false;
  if (probe.entersDepth && (table.depth[index] as number) >= maxDepth) return false;
  const spent = table.spent;
  const base = index * SPENT_STRIDE;
  const { add } = probe;
  if ((flags & FLAG.held) === 0) {
    for (let unit = 0; unit <= SPENT.modifications; unit++) {
      if (BigInt.asIntN(64, (spent[base + unit] as bigint) + (add[unit] as bigint)) >= (alerts[unit] as bigint)) return false;
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
  const base = index * SPENT_STRIDE;
  return (spent[base + SPENT.inputTokens] as bigint) + (spent[base + SPENT.outputTokens] as bigint);
}

export function heldTokens(world: World, index: number): bigint {
  const { held } = world.executions;
  const base = index * HELD_STRIDE;
  return (
    (held[base + HELD.inputTokens] as bigint) + (held[base + HELD.outputTokens] as bigint) + (held[base + HELD.plainTokens] as bigint)
  );
}

/** Used and held of one counter (or TOTAL_TOKENS) of one execution. */
export function usedOf(world: World, index: number, counter: number): bigint {
  return counter === TOTAL_TOKENS ? usedTokens(world, index) : (world.executions.spent[index * SPENT_STRIDE + counter] as bigint);
}

export function heldOf(world: World, index: number, counter: number): bigint {
  if (counter === TOTAL_TOKENS) return heldTokens(world, index);
  return counter <= SPENT.modifications ? (world.executions.held[index * HELD_STRIDE + counter] as bigint) : 0n;
}

/** Judged only by an intent that adds to them: what stands already refuses no other kind of intent. */
const JUDGED_WHEN_ADDED: ReadonlySet<LimitKey> = new Set<LimitKey>(["max_discovered_steps", "max_modifications_per_session"]);

/** Everything the limits say, in the order of the table of limits, for the execution and then its ancestors. */
export function judgeLimits(world: World, index: number, probe: Probe, now: Now): Finding[] {
  const found: Finding[] = [];
  const levels = [index, ...world.executions.record(index).chain];
  judgeTimes(world, index, now, found);
  for (const [key, counter] of COUNTER_LIMITS.slice(0, 4)) for (const at of levels) judgeCounter(world, at, key, counter, probe, found);
  for (const at of levels) judgeMemory(world, at, found);
  for (const [key, counter] of COUNTER_LIMITS.slice(4, 6)) for (const at of levels) judgeCounter(world, at, key, counter, probe, found);
  if (probe.entersDepth) for (const at of levels) judgeDepth(world, index, at, found);
  for (const at of levels) judgeCounter(world, at, "max_discovered_steps", SPENT.discoveredSteps, probe, found);
  judgeIdle(world, index, now, found);
  judgeLoop(world, index, probe, found);
  for (const [key, counter] of COUNTER_LIMITS.slice(7)) for (const at of levels) judgeCounter(world, at, key, counter, probe, found);
  judgeModifications(world, index, probe, now, found);
  for (const at of levels) judgeCustom(world, at, probe, found);
  return found;
}

function judgeCounter(world: World, index: number, key: LimitKey, counter: number, probe: Probe, found: Finding[]): void {
  const record = world.executions.record(index);
  const limit = carvedLimit(world, index, key, record.limits.byKey[key]);
  if (limit === undefined) return;
  const add = probe.add[counter] as bigint;
  if (add === 0n && JUDGED_WHEN_ADDED.has(key)) return;
  const held = heldOf(world, index, counter);
  const standing = usedOf(world, index, counter) + held;
  if (key === "cost_alert_threshold_usd") {
    const facts = limitFacts(key, limit, standing, held, record.id);
    if (standing >= limit.value) found.push(exceededFinding(facts, "PAUSE"));
    else if (standing >= warningPoint(limit.value, record.limits.warningThreshold)) found.push(nearFinding(facts));
    return;
  }
  const current = standing + add;
  addLimitFinding(limitFacts(key, limit, current, held, record.id), current > limit.value, record.limits.warningThreshold, found);
}

function addLimitFinding(facts: LimitFacts, refused: boolean, warningThreshold: number, found: Finding[]): void {
  if (refused) found.push(exceededFinding(facts));
  else if (facts.limit.value > 0n && facts.current >= warningPoint(facts.limit.value, warningThreshold)) found.push(nearFinding(facts));
}

/** With `carve: cap` the carve is also the child's limit. */
function carvedLimit(world: World, index: number, key: LimitKey, limit: EffectiveLimit | undefined): EffectiveLimit | undefined {
  const { carve } = world.executions.record(index);
  if (carve === undefined || carve.mode !== "cap") return limit;
  const unit = CARVED_LIMITS[key];
  const total = unit === undefined ? 0n : (carve.total[unit] as bigint);
  if (total === 0n || (limit !== undefined && limit.value <= total)) return limit;
  return { value: total, mode: "enforce", onExceed: limit?.onExceed ?? "halt", tier: "session" };
}

/** Place in CARVE_UNITS by limit. */
const CARVED_LIMITS: { readonly [K in LimitKey]?: number } = { max_steps: 0, max_tokens: 1, max_cost_usd: 2, max_tool_calls: 3 };

function judgeTimes(world: World, index: number, now: Now, found: Finding[]): void {
  const table = world.executions;
  const { limits, id } = table.record(index);
  for (const key of ["max_wall_time_ms", "max_working_time_ms"] as const) {
    const limit = limits.byKey[key];
    if (limit === undefined) continue;
    const elapsed = Math.floor(key === "max_wall_time_ms" ? wallMs(table, index, now) : workingMs(table, index, now));
    const refused = elapsed > Number(limit.value) + limits.timeoutGraceMs;
    addLimitFinding(limitFacts(key, limit, BigInt(elapsed), 0n, id), refused, limits.warningThreshold, found);
  }
}

function judgeIdle(world: World, index: number, now: Now, found: Finding[]): void {
  const table = world.executions;
  const { limits, id } = table.record(index);
  const limit = limits.byKey.idle_timeout_seconds;
  if (limit === undefined || table.state[index] !== STATE.running) return;
  const seconds = BigInt(Math.floor(idleMs(table, index, now) / 1000));
  addLimitFinding(limitFacts("idle_timeout_seconds", limit, seconds, 0n, id), seconds >= limit.value, limits.warningThreshold, found);
}

function judgeMemory(world: World, index: number, found: Finding[]): void {
  const table = world.executions;
  const { limits, id } = table.record(index);
  const limit = limits.byKey.max_memory_mb;
  if (limit === undefined) return;
  const bytes = BigInt(table.subtreeMemory[index] as number);
  addLimitFinding(limitFacts("max_memory_mb", limit, bytes, 0n, id), bytes > limit.value, limits.warningThreshold, found);
}

/** The depth of the asking execution against the limit of one level. */
function judgeDepth(world: World, asking: number, level: number, found: Finding[]): void {
  const { limits, id } = world.executions.record(level);
  const limit = limits.byKey.max_discovery_depth;
  if (limit === undefined) return;
  const next = BigInt((world.executions.depth[asking] as number) + 1);
  if (next > limit.value) found.push(exceededFinding(limitFacts("max_discovery_depth", limit, next, 0n, id)));
}

function judgeModifications(world: World, index: number, probe: Probe, now: Now, found: Finding[]): void {
  const add = probe.add[SPENT.modifications] as bigint;
  const { limits, id } = world.executions.record(index);
  const limit = limits.byKey.max_modifications_per_session;
  if (limit === undefined || add === 0n) return;
  const root = rootOf(world, index);
  const instants = world.executions.record(root).modifications ?? [];
  const since = now.wallMs - 3_600_000;
  const recent = instants.filter((at) => at > since);
  const held = heldOf(world, root, SPENT.modifications);
  const current = BigInt(recent.length) + held + add;
  const facts = limitFacts("max_modifications_per_session", limit, current, held, id);
  if (current > limit.value) {
    const oldest = recent[0];
    found.push({ ...exceededFinding(facts), ...(oldest === undefined ? {} : { retryAfterMs: Math.max(1, oldest - since) }) });
  } else addLimitFinding(facts, false, limits.warningThreshold, found);
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
