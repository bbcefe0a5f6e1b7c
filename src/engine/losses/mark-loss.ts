import type { Finding } from "../../domain/decision.ts";
import { MAX_EVENTS, STATE } from "../../domain/execution.ts";
import { HOUR_MS, type Now } from "../../domain/time.ts";
import type { Loaded, StateTable } from "../../ports/cut-store.ts";
import { keepViolation, pushEvent } from "../events/push.ts";
import { FLAG } from "../executions/execution-table.ts";
import { doubtBegunWindows } from "../quotas/fresh-windows.ts";
import { WINDOW_LOST, WINDOW_UNCERTAIN } from "../quotas/window-table.ts";
import type { RowSet } from "../rows/generations.ts";
import type { Rows, World } from "../world.ts";

// What a start found missing or damaged, as marks on what it concerns. A damaged row belongs to one execution, window or
// reporter where its key tells which: that one is refused until an operator clears it. Everything else that is lost concerns
// whatever was open: it is served, and says that it is uncertain.

const ROWS: { readonly [T in StateTable]: keyof Rows } = {
  executions: "executions",
  execution_texts: "executionTexts",
  execution_events: "executionEvents",
  loops: "loops",
  windows: "windows",
  window_texts: "windowTexts",
  reservations: "reservations",
  requests: "requests",
  reporters: "reporters",
  reporter_texts: "reporterTexts",
  approvals: "approvals",
  facts: "facts",
  rate_buckets: "rates",
  rate_bucket_texts: "rateTexts",
  rule_counts: "ruleCounts",
  storage_gauges: "storage",
  guard_sessions: "sessions",
  tool_calls: "toolCalls",
  adjustments: "adjustments",
  spent_capabilities: "spentCapabilities",
  kept_policies: "keptPolicies",
};

/** Marks what is concerned, in the cut after the start; nothing when nothing was lost. */
export function markLoss(world: World, loaded: Loaded, now: Now): void {
  const { hole, unproved, damaged } = loaded;
  if (hole === undefined && unproved.length === 0 && damaged.length === 0) return;
  const finding = lossFinding(loaded);
  keepViolation(world, finding, now, "", "", undefined, undefined);
  let isOwned = true;
  for (const { table, key } of damaged) {
    if (!markOwner(world, table, key, finding, now)) isOwned = false;
    // Written or deleted with the next cut: the marks tell of it from then on.
    const rows: RowSet = world.rows[ROWS[table]];
    rows.touch(key);
  }
  if (!isOwned || hole !== undefined || unproved.length > 0) markAll(world, loaded, finding, now);
}

function lossFinding({ hole, unproved, damaged, setAside }: Loaded): Finding {
  const named = damaged.map(({ table, key }) => `${table} ${key}`);
  const parts = [
    hole?.text,
    setAside === undefined ? undefined : `the damaged file was set aside as ${setAside}`,
    unproved.length === 0 ? undefined : `tables that do not prove: ${unproved.join(", ")}`,
    named.length === 0
      ? undefined
      : `damaged rows: ${named.slice(0, 8).join(", ")}${named.length > 8 ? " …" : ""}`,
  ];
  const message = parts.filter((part) => part !== undefined).join("; ");
  return { verdict: "WARN", kind: "STATE", reason: "DATA_LOSS", message, severity: "critical" };
}

/** False when the key does not tell whose row it was. */
function markOwner(world: World, table: StateTable, key: number, finding: Finding, now: Now): boolean {
  if (table === "executions" || table === "loops") return markExecution(world, key, finding, now);
  if (table === "execution_events") return markExecution(world, Math.floor(key / MAX_EVENTS), finding, now);
  if (table === "windows") return markWindow(world, key);
  if (table === "reporters") return markReporter(world, key);
  return false;
}

function markExecution(world: World, index: number, finding: Finding, now: Now): boolean {
  const table = world.executions;
  if (!table.has(index)) return false;
  if (table.state.get(index) === STATE.completed) return true;
  setFlags(world, index, FLAG.uncertain | FLAG.lost);
  pushEvent(world, index, "DATA_LOSS", finding.message, now, { finding });
  return true;
}

function markWindow({ windows, rows }: World, row: number): boolean {
  if (windows.texts[row] === undefined) return false;
  rows.windows.touch(row);
  windows.mark(row, WINDOW_LOST);
  return true;
}

function markReporter({ reporters, rows }: World, row: number): boolean {
  const entry = reporters.entries[row];
  if (entry === undefined) return false;
  rows.reporterTexts.touch(row);
  entry.lost = true;
  return true;
}

/** Of a hole it is known when it was, not whose rows are missing. */
function markAll(world: World, { lastCutAt }: Loaded, finding: Finding, now: Now): void {
  const table = world.executions;
  for (const index of table.indexes()) {
    if (table.state.get(index) === STATE.completed || (table.flags.get(index) & FLAG.lost) !== 0) continue;
    setFlags(world, index, FLAG.uncertain);
    pushEvent(world, index, "DATA_LOSS", finding.message, now, { finding });
  }
  doubtBegunWindows(world, now.wallMs);
  const since = (lastCutAt?.wallMs ?? now.wallMs) - HOUR_MS;
  for (const row of world.windows.rows()) {
    if ((world.windows.texts[row]?.endMs ?? 0) < since || world.windows.uncertain[row] === WINDOW_LOST)
      continue;
    world.rows.windows.touch(row);
    world.windows.mark(row, WINDOW_UNCERTAIN);
  }
}

function setFlags(world: World, index: number, flags: number): void {
  world.rows.executions.touch(index);
  world.executions.flags.set(index, world.executions.flags.get(index) | flags);
}
