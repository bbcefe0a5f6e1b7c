import { combineFindings, type Decision, type Finding, NO_FINDINGS, rankOf } from "../../domain/decision.ts";
import { STATE } from "../../domain/execution.ts";
import { LIMIT_KEYS, LIMITS, type LimitKey, type OnExceed } from "../../domain/limits.ts";
import type { Now } from "../../domain/time.ts";
import { pushEvent, recordViolation } from "../events/push.ts";
import type { ExecutionRecord } from "../executions/execution-record.ts";
import { FLAG, NO_INDEX } from "../executions/execution-table.ts";
import { haltExecution, pauseExecution } from "../executions/state.ts";
import { stateFindings } from "../executions/state-findings.ts";
import { noticeQuotas } from "../quotas/notice-quotas.ts";
import type { World } from "../world.ts";
import { judgeLimits } from "./judge.ts";
import { EMPTY_PROBE } from "./probe.ts";

// What stands after usage was charged: crossed limits act (halt, pause or refuse the next), warnings are pushed once, and
// the decision for what comes next is made.

export function decide(
  world: World,
  findings: readonly Finding[],
  now: Now,
  uncertain: boolean,
  more: {
    readonly remaining?: Decision["remaining"] | undefined;
    readonly advice?: readonly string[] | undefined;
    readonly obligations?: Decision["obligations"] | undefined;
  } = NOTHING_MORE,
): Decision {
  const withStore = world.store.failing ? [...findings, STORE_FAILING] : findings;
  return combineFindings(withStore, {
    decisionId: world.ids.decisionId(),
    policyEtag: world.policy.etag,
    decidedAtMs: now.wallMs,
    uncertain,
    remaining: more.remaining,
    advice: more.advice,
    obligations: more.obligations,
  });
}

const NOTHING_MORE = Object.freeze({});

const STORE_FAILING: Finding = Object.freeze({
  verdict: "WARN",
  kind: "STATE",
  reason: "STORE_FAILING",
  message: "the file cannot be written: this answer is not durable yet",
} as const);

/** What an answer without a decision says of the file. */
export function findingsOfStore(world: World): readonly Finding[] {
  return world.store.failing ? [STORE_FAILING] : NO_FINDINGS;
}

/** Refuses new intents while too much is unsaved. */
export function storeFinding(world: World): Finding | undefined {
  if (!world.store.blocking) return undefined;
  return {
    verdict: "BLOCK",
    kind: "STATE",
    reason: "STORE_UNAVAILABLE",
    message: "the file cannot be written: new intents are refused until it can",
    retryable: true,
    retryAfterMs: 1_000,
  };
}

/** Whether counters behind a decision passed through a loss: of the execution, its ancestors, or windows of its principal. */
export function isUncertain(world: World, index: number): boolean {
  const { bindings, flags, parent } = world.executions;
  const { windows } = world;
  if (windows.anyUncertain && windows.isUncertain(bindings.get(index)?.rows ?? NO_ROWS)) return true;
  for (let at = index; at !== NO_INDEX; at = parent.get(at))
    if ((flags.get(at) & FLAG.uncertain) !== 0) return true;
  return false;
}

const NO_ROWS = new Int32Array(0);

/**
 * Judges what is used by now, lets crossed limits act and answers the decision for what comes next.
 * `notes` are findings about the usage itself, e.g. LATE; they come after those of state and limits. `sequence` names the
 * one report that was charged.
 */
export function judgeStanding(
  world: World,
  index: number,
  notes: readonly Finding[],
  now: Now,
  sequence?: number,
): Decision {
  const judged = judgeLimits(world, index, EMPTY_PROBE, now);
  const limits = sequence === undefined ? judged : judged.map((finding) => ({ ...finding, sequence }));
  for (const finding of limits) actOnFinding(world, index, finding, now);
  for (const finding of notes) if (finding.kind === "LIMIT") actOnFinding(world, index, finding, now);
  pushSaturation(world, index, now);
  // The finding that stopped the run names the exact report: it stands for what the same limit says now.
  const states = stateFindings(world, index);
  const quotas = noticeQuotas(world, index, now);
  const others = [...limits, ...notes, ...quotas].filter(
    (one) => !states.some((state) => isSame(one, state)),
  );
  const found = [...states, ...others, ...saturationFindings(world, index)];
  const decision = decide(world, found.length === 0 ? NO_FINDINGS : found, now, isUncertain(world, index), {
    advice: adviceFor(found),
  });
  world.executions.verdict.set(index, rankOf(decision.verdict));
  return decision;
}

/** Whether a limit only repeats why the execution was stopped. */
export function isSame(limit: Finding, state: Finding): boolean {
  return limit.verdict !== "WARN" && limit.reason === state.reason && limit.executionId === state.executionId;
}

/** A finding about usage that is already there: a crossed limit does what its `on_exceed` says; a warning is told once. */
function actOnFinding(world: World, index: number, finding: Finding, now: Now): void {
  const level = levelOf(world, index, finding);
  const record = world.executions.record(level);
  const key = finding.sourceId as LimitKey;
  if (finding.shadow === true || finding.verdict === "WARN") return tellOnce(world, level, key, finding, now);
  const limit = record.limits.byKey[key] ?? record.limits.custom[customName(finding)];
  const action = finding.verdict === "PAUSE" ? "pause" : (limit?.onExceed ?? defaultAction(key));
  if (action === "halt") haltExecution(world, level, finding, now);
  else if (action === "pause") pauseExecution(world, level, finding, now);
  else tellOnce(world, level, key, finding, now);
}

/** A carve that caps where nothing else limits acts as the limit's default does. */
function defaultAction(key: LimitKey): OnExceed {
  return LIMIT_KEYS.includes(key) ? LIMITS[key].onExceed : "block";
}

function customName(finding: Finding): string {
  return finding.violationType === "custom_limit" ? (finding.sourceId ?? "").slice("custom.".length) : "";
}

function tellOnce(world: World, level: number, key: LimitKey, finding: Finding, now: Now): void {
  const table = world.executions;
  if (table.state.get(level) >= STATE.halted) return;
  if (isTold(world, level, key, finding)) return;
  const { emitWarningEvents, emitBlockEvents } = table.record(level).limits;
  if (finding.verdict === "WARN") {
    if (finding.shadow !== true && emitWarningEvents)
      pushEvent(world, level, "WARNING", finding.message, now, { finding });
    return;
  }
  recordViolation(world, level, finding, now);
  if (finding.shadow !== true && emitBlockEvents)
    pushEvent(world, level, "BLOCK", finding.message, now, { finding });
}

/** Whether a finding was told already; it counts as told from now on. */
function isTold(world: World, level: number, key: LimitKey, finding: Finding): boolean {
  const table = world.executions;
  const place = LIMIT_KEYS.indexOf(key);
  if (place < 0) return isOtherTold(table.record(level), finding);
  // The lower half of the bits is for warnings, the upper for crossings that only refuse.
  const bit = 1 << (finding.verdict === "WARN" ? place : place + 16);
  if ((table.warned.get(level) & bit) !== 0) return true;
  world.rows.executions.touch(level);
  table.warned.set(level, table.warned.get(level) | bit);
  return false;
}

/** Findings without a bit: custom counters, prices, saturation. Not in the file: after a restart they are told once more. */
function isOtherTold(record: ExecutionRecord, finding: Finding): boolean {
  const name = `${finding.verdict} ${finding.sourceId ?? finding.reason}`;
  record.told ??= new Set();
  if (record.told.has(name)) return true;
  record.told.add(name);
  return false;
}

/** The execution whose limit a finding is about: the asking one or an ancestor. */
export function levelOf(world: World, index: number, finding: Finding): number {
  const id = finding.executionId;
  if (id === undefined || world.executions.record(index).id === id) return index;
  for (const at of world.executions.record(index).chain) if (world.executions.record(at).id === id) return at;
  return index;
}

function saturationFindings(world: World, index: number): Finding[] {
  if ((world.executions.flags.get(index) & FLAG.saturated) === 0) return [];
  return [
    {
      verdict: "WARN",
      kind: "LIMIT",
      reason: "COUNTER_SATURATED",
      message: "a counter reached 2^62 and stays there",
    },
  ];
}

function pushSaturation(world: World, index: number, now: Now): void {
  const [finding] = saturationFindings(world, index);
  if (finding !== undefined) tellOnce(world, index, finding.sourceId as LimitKey, finding, now);
}

/** Hints that a cooperating agent can follow; undefined = none. */
export function adviceFor(findings: readonly Finding[]): readonly string[] | undefined {
  let advice: string[] | undefined;
  for (const finding of findings) {
    const hint = hintOf(finding);
    if (hint === undefined || advice?.includes(hint) === true) continue;
    advice ??= [];
    advice.push(hint);
  }
  return advice;
}

function hintOf({ reason, shadow }: Finding): string | undefined {
  if (shadow === true) return undefined;
  if (reason === "SAME_STEP_LOOP" || reason === "SAME_STEP_LOOP_NEAR") return "change_approach";
  return reason.endsWith("_NEAR") ? "wrap_up" : undefined;
}
