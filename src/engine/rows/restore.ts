import type { Finding } from "../../domain/decision.ts";
import type { ExecutionEvent } from "../../domain/event.ts";
import { MAX_EVENTS, type Principal } from "../../domain/execution.ts";
import { DAY_MS, type Now } from "../../domain/time.ts";
import type { Loaded, LoadedHead, RowChunk } from "../../ports/cut-store.ts";
import { restoreAdjustment, type StoredAdjustment } from "../adjustments/adjustment-rows.ts";
import { keepViolation } from "../events/push.ts";
import { holdsPlace } from "../gauges/active-places.ts";
import { restoreStorage, type StoredStorage } from "../gauges/gauge-rows.ts";
import { restoreSpent } from "../guards/capabilities/spent-capabilities.ts";
import { layHolds } from "../losses/restore-damaged.ts";
import { type KeptVersion, restoreKept } from "../policy/kept/kept-policies.ts";
import { restoreFact } from "../quotas/fresh-windows.ts";
import { restoreWindow, restoreWindowText, type StoredWindow } from "../quotas/window-rows.ts";
import { restoreRate } from "../rates/rate-rows.ts";
import { restoreRuleCount } from "../rules/rule-count-rows.ts";
import type { World } from "../world.ts";
import { restoreSession, restoreToolCall } from "./guard-images.ts";
import { eachRow, imageOf, type LoadedTables, noTables, parseRow, textAt } from "./loaded-rows.ts";
import { reviveAmounts, type Shift } from "./read-image.ts";
import { restoreLoop } from "./restore-execution.ts";
import {
  type ReporterText,
  restoreApproval,
  restoreReporter,
  restoreRequest,
  restoreReservation,
} from "./restore-others.ts";
import { ExecutionRestorer } from "./start/execution-restorer.ts";
import { settleRestored } from "./start/settle-restored.ts";

// From the rows of a file to a world, and from the clock of the boot that wrote them to the clock of this one.

/** Most time away that is believed when the machine was started anew. */
const LONGEST_AWAY_MS = 30 * DAY_MS;

/** Loads everything; call once, on an empty world, before the first request. `bootId` is this boot's. */
export function restoreWorld(world: World, loaded: Loaded, bootId: string, now: Now): Shift {
  const restorer = new WorldRestorer(world, loaded, bootId, now);
  for (const chunk of loaded.rows) restorer.take(chunk);
  return restorer.finish(loaded);
}

/** The same while the file is read: rows as they come, the rest when all of them came. */
export class WorldRestorer {
  readonly #world: World;
  readonly #shift: Shift;
  readonly #now: Now;
  readonly #executions: ExecutionRestorer;
  readonly #tables = noTables();

  constructor(world: World, { lastCutAt }: LoadedHead, bootId: string, now: Now) {
    this.#world = world;
    this.#shift = shiftOf(lastCutAt, bootId, now);
    this.#now = now;
    this.#executions = new ExecutionRestorer(world, this.#shift);
  }

  take(chunk: RowChunk): void {
    eachRow(chunk, (table, row) => {
      if (table === "executions") this.#executions.takeNumbers(row);
      else if (table === "execution_texts") this.#executions.takeText(row);
      else if (table !== undefined) this.#tables[table].rows.push(row);
    });
  }

  finish(loaded: Loaded): Shift {
    const world = this.#world;
    const shift = this.#shift;
    const now = this.#now;
    const damaged = new Set(
      loaded.damaged.flatMap(({ table, key }) => (table === "executions" ? [key] : [])),
    );
    restoreSums(world, this.#tables, now);
    this.#executions.finish(damaged, now);
    restoreLoops(world, this.#tables, damaged);
    countRestored(world);
    this.#executions.countUnread();
    restoreOthers(world, this.#tables, damaged, shift);
    world.requests.byAge.sort((a, b) => a.expiresMono - b.expiresMono);
    Object.assign(world.generations.lastSequences, loaded.lastSequences);
    keepDisbelief(world, shift, now);
    settleRestored(world, loaded, shift, now);
    return shift;
  }
}

/** Reporters, facts and windows: they know of no execution. */
function restoreSums(world: World, tables: LoadedTables, now: Now): void {
  for (const text of tables.reporter_texts.rows) {
    const image = tables.reporters.find(text.key);
    restoreReporter(
      world,
      text.key,
      parseRow<ReporterText>(text),
      image === undefined ? undefined : imageOf(image),
      now,
    );
  }
  for (const row of tables.facts.rows) restoreFact(world, row.key, parseRow(row));
  for (const text of tables.window_texts.rows) {
    restoreWindowText(world, text.key, parseRow<StoredWindow>(text));
    const image = tables.windows.find(text.key);
    if (image !== undefined) restoreWindow(world, text.key, image);
  }
}

function restoreLoops(world: World, { loops }: LoadedTables, damaged: ReadonlySet<number>): void {
  for (const row of loops.rows) {
    const record = world.executions.recordAt(row.key);
    if (record !== undefined && !damaged.has(row.key)) record.loop = restoreLoop(imageOf(row));
  }
}

/** What belongs to executions, and what belongs to nobody. */
function restoreOthers(world: World, tables: LoadedTables, damaged: ReadonlySet<number>, shift: Shift): void {
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
}

/** On the same boot the clock went on; on another one the wall clock tells the time away, between 0 and 30 days. */
function shiftOf(at: LoadedHead["lastCutAt"], bootId: string, now: Now): Shift {
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
 * Counts those that run or are paused, once per principal, which most executions of a tree share; and the executions of
 * each reporter. Those whose records are not read are counted by their rows.
 */
function countRestored(world: World): void {
  const active = new Map<Principal, number>();
  const { executions } = world;
  for (const index of executions.indexes()) {
    if (executions.isUnread(index)) continue;
    const { principal, reporters } = executions.record(index);
    for (const reporter of reporters) {
      const entry = world.reporters.entries[reporter];
      if (entry !== undefined) entry.executions++;
    }
    if (!holdsPlace(world, index)) continue;
    active.set(principal, (active.get(principal) ?? 0) + 1);
  }
  for (const [principal, count] of active) world.places.count(principal, count);
}

function restoreEvent(world: World, row: number, event: ExecutionEvent): void {
  const record = world.executions.recordAt(Math.floor(row / MAX_EVENTS));
  if (record === undefined) return;
  record.events = [...record.events, reviveAmounts(event)].sort((a, b) => a.number - b.number);
}
