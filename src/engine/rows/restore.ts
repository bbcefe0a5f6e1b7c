import type { Finding } from "../../domain/decision.ts";
import type { ExecutionEvent } from "../../domain/event.ts";
import { MAX_EVENTS, MAX_TREE_DEPTH, type Principal } from "../../domain/execution.ts";
import { DAY_MS, type Now } from "../../domain/time.ts";
import type { Loaded } from "../../ports/cut-store.ts";
import { restoreAdjustment, type StoredAdjustment } from "../adjustments/adjustment-rows.ts";
import { keepViolation } from "../events/push.ts";
import { NO_INDEX } from "../executions/execution-table.ts";
import { holdsPlace } from "../gauges/active-places.ts";
import { restoreStorage, type StoredStorage } from "../gauges/gauge-rows.ts";
import { restoreSpent } from "../guards/capabilities/spent-capabilities.ts";
import { addDamagedExecution, layHolds, parentByName } from "../losses/restore-damaged.ts";
import { type KeptVersion, restoreKept } from "../policy/kept/kept-policies.ts";
import { restoreFact } from "../quotas/fresh-windows.ts";
import { restoreWindow, restoreWindowText, type StoredWindow } from "../quotas/window-rows.ts";
import { restoreRate } from "../rates/rate-rows.ts";
import { restoreRuleCount } from "../rules/rule-count-rows.ts";
import type { World } from "../world.ts";
import { EXECUTION_WORDS, PARENT_AT } from "./execution-image.ts";
import { parseExecutionText } from "./execution-text.ts";
import { restoreSession, restoreToolCall } from "./guard-images.ts";
import {
  expandWords,
  imageOf,
  type LoadedTables,
  loadedTables,
  parseRow,
  type RowPlace,
  textAt,
} from "./loaded-rows.ts";
import { reviveAmounts, type Shift } from "./read-image.ts";
import { addRestoredExecution } from "./restore-execution.ts";
import {
  type ReporterText,
  restoreApproval,
  restoreReporter,
  restoreRequest,
  restoreReservation,
} from "./restore-others.ts";
import { settleRestored } from "./settle-restored.ts";

// From the rows of a file to a world, and from the clock of the boot that wrote them to the clock of this one.

/** Most time away that is believed when the machine was started anew. */
const LONGEST_AWAY_MS = 30 * DAY_MS;

/** Loads everything; call once, on an empty world, before the first request. `bootId` is this boot's. */
export function restoreWorld(world: World, loaded: Loaded, bootId: string, now: Now): Shift {
  const shift = shiftOf(loaded, bootId, now);
  const tables = loadedTables(loaded);
  for (const text of tables.reporter_texts.rows) {
    const image = tables.reporters.find(text.key);
    restoreReporter(
      world,
      text.key,
      parseRow<ReporterText>(text),
      image === undefined ? undefined : imageOf(image),
    );
  }
  for (const row of tables.facts.rows) restoreFact(world, row.key, parseRow(row));
  for (const text of tables.window_texts.rows) {
    restoreWindowText(world, text.key, parseRow<StoredWindow>(text));
    const image = tables.windows.find(text.key);
    if (image !== undefined) restoreWindow(world, text.key, image);
  }
  const damaged = new Set(loaded.damaged.flatMap(({ table, key }) => (table === "executions" ? [key] : [])));
  restoreExecutions(world, tables, damaged, shift, now);
  for (const row of tables.execution_events.rows) restoreEvent(world, row.key, parseRow<ExecutionEvent>(row));
  for (const row of tables.reservations.rows) restoreReservation(world, row.key, parseRow(row), shift);
  layHolds(world, damaged);
  for (const row of tables.requests.rows) restoreRequest(world, row.key, parseRow(row), shift);
  for (const row of tables.approvals.rows) restoreApproval(world, row.key, parseRow(row));
  for (const row of tables.rule_counts.rows) restoreRuleCount(world, row.key, parseRow(row));
  for (const row of tables.adjustments.rows)
    restoreAdjustment(world, row.key, parseRow<StoredAdjustment>(row));
  for (const row of tables.spent_capabilities.rows) restoreSpent(world, row.key, parseRow(row));
  for (const row of tables.kept_policies.rows) restoreKept(world, row.key, parseRow<KeptVersion>(row));
  for (const row of tables.storage_gauges.rows) restoreStorage(world, row.key, parseRow<StoredStorage>(row));
  for (const text of tables.rate_bucket_texts.rows)
    restoreRate(world, text.key, textAt(text), tables.rate_buckets.find(text.key), shift);
  for (const row of tables.guard_sessions.rows) restoreSession(world, row.key, parseRow(row), shift);
  for (const row of tables.tool_calls.rows) restoreToolCall(world, row.key, parseRow(row), shift);
  world.requests.byAge.sort((a, b) => a.expiresMono - b.expiresMono);
  Object.assign(world.generations.lastSequences, loaded.lastSequences);
  keepDisbelief(world, shift, now);
  settleRestored(world, loaded, shift, now);
  return shift;
}

/** On the same boot the clock went on; on another one the wall clock tells the time away, between 0 and 30 days. */
function shiftOf(loaded: Loaded, bootId: string, now: Now): Shift {
  const at = loaded.lastCutAt;
  if (at === undefined) return { monoMs: 0, awayMs: 0 };
  if (at.bootId === bootId) return { monoMs: 0, awayMs: Math.max(0, now.monoMs - at.monoMs) };
  const toldMs = now.wallMs - at.wallMs;
  const awayMs = Math.min(Math.max(0, toldMs), LONGEST_AWAY_MS);
  const monoMs = now.monoMs - awayMs - at.monoMs;
  return { monoMs, awayMs, ...(awayMs === toldMs ? {} : { disbelievedMs: toldMs }) };
}

/** It concerns the daemon, no execution and no tenant. */
function keepDisbelief(world: World, { awayMs, disbelievedMs }: Shift, now: Now): void {
  if (disbelievedMs === undefined) return;
  const message = `since the last cut, on another boot, the wall clock went on by ${disbelievedMs} ms; ${awayMs} ms count as time away`;
  const finding: Finding = { verdict: "WARN", kind: "STATE", reason: "CLOCK_STEP", message };
  keepViolation(world, finding, now, "", "", undefined, undefined);
}

/**
 * Parents before their children: the chain of a child is made from its parent's. Those without numbers are no executions,
 * unless their numbers are damaged: they are taken up with none, so that their ids are known and can be refused.
 */
function restoreExecutions(
  world: World,
  tables: LoadedTables,
  damaged: ReadonlySet<number>,
  shift: Shift,
  now: Now,
): void {
  const { executions, execution_texts, loops } = tables;
  const { records } = world.executions;
  const waiting: RowPlace[] = [];
  for (const text of execution_texts.rows) {
    for (let row: RowPlace | undefined = text; row !== undefined; ) {
      const image = executions.find(row.key);
      if (image === undefined && !damaged.has(row.key)) break;
      if (records[row.key] !== undefined || waiting.length > MAX_TREE_DEPTH) break;
      waiting.push(row);
      const parent: number = image === undefined ? parentByName(tables, row) : parentOf(image);
      row = parent === NO_INDEX || records[parent] !== undefined ? undefined : execution_texts.find(parent);
    }
    for (let row = waiting.pop(); row !== undefined; row = waiting.pop()) {
      const image = executions.find(row.key);
      const parsed = parseExecutionText(textAt(row));
      if (image === undefined) addDamagedExecution(world, row.key, parsed, parentByName(tables, row), now);
      else addRestoredExecution(world, row.key, parsed, image, loops.find(row.key), shift);
    }
  }
  countRestored(world);
}

/** Counts those that run or are paused: once per principal, which most executions of a tree share. */
function countRestored(world: World): void {
  const active = new Map<Principal, number>();
  const { executions } = world;
  for (const index of executions.indexes()) {
    if (!holdsPlace(world, index)) continue;
    const { principal } = executions.record(index);
    active.set(principal, (active.get(principal) ?? 0) + 1);
  }
  for (const [principal, count] of active) world.places.count(principal, count);
}

function parentOf(image: RowPlace): number {
  return expandWords(image, EXECUTION_WORDS).getInt32(PARENT_AT, true);
}

function restoreEvent(world: World, row: number, event: ExecutionEvent): void {
  const record = world.executions.records[Math.floor(row / MAX_EVENTS)];
  if (record === undefined) return;
  record.events = [...record.events, reviveAmounts(event)].sort((a, b) => a.number - b.number);
}
