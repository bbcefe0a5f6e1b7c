import { type Decision, type Finding, rankOf } from "../../domain/decision.ts";
import { STATE } from "../../domain/execution.ts";
import type { UsageRules } from "../../domain/limits.ts";
import type { Now } from "../../domain/time.ts";
import type { Usage, UsageGroup } from "../../domain/usage.ts";
import { touchActivity } from "../executions/activity.ts";
import { chargeChain, windowBinding } from "../executions/charge.ts";
import { appended } from "../executions/execution-record.ts";
import { NO_INDEX } from "../executions/execution-table.ts";
import { type CompiledLimits, TOTAL_TOKENS } from "../limits/compiled-limits.ts";
import { isQuiet } from "../limits/judge.ts";
import { EMPTY_PROBE } from "../limits/probe.ts";
import { judgeStanding } from "../limits/standing.ts";
import { refreshStalePolicy } from "../policy/refresh-policy.ts";
import { type PriceSource, priceSource, priceUsage, unknownPrice } from "../prices/price-usage.ts";
import { isBindingQuiet } from "../quotas/notice-quotas.ts";
import { reservedOf } from "../reservations/resolve.ts";
import { findReservation, settleByReport } from "../reservations/settle-by-report.ts";
import { countUsage } from "../rules/count-usage.ts";
import type { World } from "../world.ts";
import { addUsage, isPlain } from "./add-usage.ts";
import { applyUnattributed } from "./apply-unattributed.ts";
import { chargeUsage, judgeReportedStep, setMemory } from "./charge-usage.ts";
import { findUsageProblem, type UsageProblem } from "./check-usage.ts";
import { wallMsOf, windowsOfUsage } from "./late-usage.ts";
import type { ReporterRow } from "./reporter-table.ts";

// The reports of one execution in one message. What only counts is summed and charged once; as soon as a sum would reach
// a warning or a limit, or a report does more than count, the run is charged report by report, so that findings name the
// exact one.

export interface GroupPart {
  readonly group: UsageGroup;
  /** Reports from `start` up to, not including, `end`. */
  readonly start: number;
  readonly end: number;
}

export interface GroupResult {
  /** Present when the verdict changed or the client asked. */
  readonly decision: Decision | undefined;
  readonly rejected: readonly { readonly at: number; readonly problem: UsageProblem }[];
}

export type Rejected = { at: number; problem: UsageProblem }[];

/** Undefined when there is nothing to tell. */
export function applyGroup(
  world: World,
  reporter: ReporterRow,
  index: number,
  part: GroupPart,
  now: Now,
): GroupResult | undefined {
  if (index === NO_INDEX) return applyUnattributed(world, reporter, part, now);
  const table = world.executions;
  refreshStalePolicy(world, index, now);
  linkReporter(world, reporter, index);
  const before = table.verdict.get(index);
  const completed = table.state.get(index) === STATE.completed;
  touchActivity(world, index, now.monoMs);
  const binding = windowBinding(world, index, now.wallMs);
  const { limits: rules } = table.compiled.get(index) as CompiledLimits;
  const source = priceSource(world, rules, part.group.provider, part.group.model);
  const rejected: Rejected = [];
  const sum = sumPlain(world, part, rules, source, index, now, rejected);
  if (!completed && sum.plain && isQuietWith(world, index, now)) {
    chargeChain(world, index, world.scratch);
    countUsage(world, table.record(index), part.group, world.scratch, now.wallMs);
    world.windows.chargeLater(binding, world.scratch);
    if (sum.memoryBytes !== undefined) setMemory(world, index, Number(sum.memoryBytes));
    const notes = notesOf(world, part.group, sum);
    if (sum.signatures)
      for (let at = part.start; at < part.end; at++)
        judgeReportedStep(world, index, part.group.usage[at] as Usage, notes);
    // The only standing note of this path is an unknown price: nothing is to tell while the verdict stays WARN for it.
    const told = notes.length === 0 ? before === 0 : before === 1 && sum.unpriced && notes.length === 1;
    const isCharged = isBindingQuiet(world, index, binding, now);
    const isMemoryQuiet = sum.memoryBytes === undefined || isQuiet(world, index, EMPTY_PROBE, now);
    if (told && isCharged && isMemoryQuiet && part.group.wantDecision !== true && rejected.length === 0)
      return undefined;
    return answer(world, index, notes, before, part.group, rejected, now);
  }
  rejected.length = 0;
  const notes = chargeOneByOne(world, index, part, rules, source, binding.rows, completed, rejected, now);
  return answer(world, index, notes, before, part.group, rejected, now);
}

function answer(
  world: World,
  index: number,
  notes: readonly Finding[],
  before: number,
  group: UsageGroup,
  rejected: Rejected,
  now: Now,
): GroupResult {
  const decision = judgeStanding(world, index, notes, now);
  const changed = rankOf(decision.verdict) !== before;
  return { decision: changed || group.wantDecision === true ? decision : undefined, rejected };
}

interface Sum {
  /** Every report only counts. */
  readonly plain: boolean;
  readonly signatures: boolean;
  readonly memoryBytes: bigint | undefined;
  readonly unpriced: boolean;
  readonly mismatch: boolean;
}

/** Sums the reports into `world.scratch`. Reports that do not count are left out and told. */
function sumPlain(
  world: World,
  part: GroupPart,
  rules: UsageRules,
  source: PriceSource,
  index: number,
  now: Now,
  rejected: Rejected,
): Sum {
  const into = world.scratch;
  into.fill(0n);
  const { customCounters } = rules;
  const from = Math.max(
    world.executions.bindings.get(index)?.fromMs ?? 0,
    now.wallMs - rules.lateToleranceMs,
  );
  let plain = true;
  let signatures = false;
  let unpriced = false;
  let mismatch = false;
  let memoryBytes: bigint | undefined;
  for (let at = part.start; at < part.end; at++) {
    const usage = part.group.usage[at] as Usage;
    const problem = findUsageProblem(usage, customCounters);
    if (problem !== undefined) {
      rejected.push({ at, problem });
      continue;
    }
    if (!isPlain(usage) || (usage.occurredAt !== undefined && wallMsOf(usage.occurredAt) < from))
      plain = false;
    if (usage.step?.signature !== undefined) signatures = true;
    if (usage.memoryBytes !== undefined) memoryBytes = usage.memoryBytes;
    const priced = priceUsage(
      world,
      rules,
      source,
      usage.tokens,
      usage.requests ?? 0n,
      usage.costNanoUsd,
      usage.extraCosts,
    );
    if (priced.unpriced) unpriced = true;
    if (priced.mismatch) mismatch = true;
    addUsage(into, usage, priced.nanoUsd);
  }
  // A mismatch is told with its amounts, a rejected step must not move the loop window: both take the careful way.
  if (mismatch || (signatures && rejected.length > 0)) plain = false;
  return { plain, signatures, memoryBytes, unpriced, mismatch };
}

function isQuietWith(world: World, index: number, now: Now): boolean {
  const add = world.scratch;
  add[TOTAL_TOKENS] = BigInt.asIntN(64, (add[2] as bigint) + (add[3] as bigint));
  return isQuiet(world, index, world.scratchProbe, now);
}

function notesOf(world: World, group: UsageGroup, sum: Sum): Finding[] {
  return sum.unpriced ? [unknownPrice(world, "WARN", group.provider, group.model)] : [];
}

function chargeOneByOne(
  world: World,
  index: number,
  part: GroupPart,
  rules: UsageRules,
  source: PriceSource,
  rows: Int32Array,
  completed: boolean,
  rejected: Rejected,
  now: Now,
): Finding[] {
  const notes = new Map<string, Finding>();
  if (completed) notes.set("LATE", LATE_COMPLETED);
  const { provider, model, route } = part.group;
  for (let at = part.start; at < part.end; at++) {
    const actual = part.group.usage[at] as Usage;
    const problem = findUsageProblem(actual, rules.customCounters);
    if (problem !== undefined) {
      rejected.push({ at, problem });
      continue;
    }
    const sequence = Number(part.group.firstSequence) + at;
    const late = windowsOfUsage(world, world.executions.bindings.get(index), rules, actual, rows, now);
    if (late.finding !== undefined) notes.set("LATE", { ...late.finding, sequence });
    const id = actual.settlesReservationId;
    const reserved = reservedOf(id === undefined ? undefined : findReservation(world, index, id));
    const settled = id === undefined ? [] : settleByReport(world, index, id, now);
    const from = { actual, provider, model, route, ...reserved };
    const charged = chargeUsage(world, index, from, late.rows, now, source);
    const added = charged.map((note) => ({ ...note, sequence }));
    for (const note of settled) keepNote(notes, { ...note, sequence });
    for (const note of added) keepNote(notes, note);
    if (!isQuiet(world, index, EMPTY_PROBE, now))
      judgeStanding(
        world,
        index,
        added.filter((one) => one.kind === "LIMIT"),
        now,
        sequence,
      );
  }
  return [...notes.values()];
}

/** One note per reason and unit; a stricter one takes its place. */
function keepNote(notes: Map<string, Finding>, note: Finding): void {
  const key = `${note.reason}\n${note.sourceId ?? ""}\n${note.unit ?? ""}`;
  const known = notes.get(key);
  if (known === undefined || rankOf(note.verdict) >= rankOf(known.verdict)) notes.set(key, note);
}

const LATE_COMPLETED: Finding = Object.freeze({
  verdict: "WARN",
  kind: "STATE",
  reason: "LATE",
  message: "the execution had ended; its usage was charged",
} as const);

/** A mark is kept as long as an execution it reported for is. */
function linkReporter(world: World, reporter: ReporterRow, index: number): void {
  const { lastReporter } = world.executions;
  if (lastReporter.get(index) === reporter.row) return;
  lastReporter.set(index, reporter.row);
  const record = world.executions.record(index);
  if (record.reporters.includes(reporter.row)) return;
  if (record.reporters.length === 0) {
    world.rows.executions.touch(index);
    world.executions.firstReporter.set(index, reporter.row + 1);
  } else {
    world.rows.executionTexts.touch(index);
  }
  record.reporters = appended(record.reporters, reporter.row);
  reporter.executions++;
}
