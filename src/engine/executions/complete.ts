import type { Finding } from "../../domain/decision.ts";
import { STATE } from "../../domain/execution.ts";
import type { Now } from "../../domain/time.ts";
import { withdrawApprovals } from "../approvals/approvals.ts";
import { pushEvent } from "../events/push.ts";
import { countActive, holdsPlace } from "../gauges/active-places.ts";
import { releaseSlots } from "../guards/calls/tool-calls.ts";
import { stillSince } from "../limits/times.ts";
import { setMemory } from "../reports/charge-usage.ts";
import { forgetResolved, unhold } from "../reservations/resolve.ts";
import { completedRow } from "../rows/execution-text.ts";
import { DEADLINE } from "../time/deadlines.ts";
import type { World } from "../world.ts";
import { releaseCarve } from "./carve.ts";
import { keyOf } from "./execution-record.ts";
import { COMPLETED_MEMORY_MS } from "./forget.ts";
import { leavePause, standStill } from "./state.ts";

/** What an event says of an execution that ended with its parent: the same object for all children. */
interface ParentEnded {
  readonly finding: Finding;
}

/** One text for all: a hundred thousand of them may end at once. */
const COMPLETED = "the execution completed";

/**
 * Ends an execution and its subtree: holds and carves are released, open approvals withdrawn, watchers told. Idempotent.
 * Children end first, so that what they return is there when their parent ends.
 */
export function completeExecution(world: World, index: number, now: Now, byParent?: ParentEnded): void {
  const table = world.executions;
  if (table.state.get(index) === STATE.completed) return;
  const record = table.record(index);
  let parentEnded: ParentEnded | undefined;
  for (const child of table.children(index)) {
    parentEnded ??= { finding: parentEndedFinding(record.id) };
    completeExecution(world, child, now, parentEnded);
  }
  leavePause(world, index, now);
  const since = stillSince(table, index);
  if (since !== 0) standStill(world, index, since, now.monoMs);
  world.rows.executions.touch(index);
  world.rows.executionTexts.touch(index);
  for (const row of record.reservations?.values() ?? []) {
    const entry = world.reservations.find(row);
    if (entry?.state !== "held") continue;
    world.rows.reservations.touch(row);
    unhold(world, entry);
    entry.state = "expired";
    forgetResolved(world, record);
  }
  releaseSlots(world, index);
  releaseCarve(world, index);
  setMemory(world, index, 0);
  withdrawApprovals(world, index, now);
  if (holdsPlace(world, index)) countActive(world, record, -1);
  table.setState(index, STATE.completed);
  table.endedMono.set(index, now.monoMs);
  table.live--;
  record.stateFinding = byParent?.finding;
  pushEvent(world, index, "COMPLETED", byParent?.finding.message ?? COMPLETED, now, byParent);
  world.generations.append("completed_executions", {
    at_ms: now.wallMs,
    tenant: record.principal.tenant,
    subject: keyOf(record),
    kind: "completed",
    body: completedRow(world, index),
  });
  world.completed.push({ index, stamp: table.stamp.get(index) });
  world.deadlines.add(
    now.monoMs + COMPLETED_MEMORY_MS,
    DEADLINE.forgetExecution,
    index,
    table.stamp.get(index),
  );
  world.effects.push({ type: "completed", index, executionId: record.id });
}

function parentEndedFinding(id: string): Finding {
  return {
    verdict: "BLOCK",
    kind: "STATE",
    reason: "PARENT_COMPLETED",
    message: `parent execution ${id} has ended`,
    executionId: id,
  };
}
