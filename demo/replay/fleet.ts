import { CallError } from "../../src/client/call-error.ts";
import { type Execution, ExecutionState } from "../../src/gen/tollgate/enforcement/v1/execution_pb.ts";
import type { Source } from "../find-source.ts";
import { insist, type Session } from "../session.ts";

// One replay is one tree: a root that every run is charged to, so that one call says what the daemon counted. What has
// been done is never remembered here: the daemon is asked.

/** Tenant and agent of everything in the demo. */
export const PRINCIPAL = { tenant: "demo", agent: "demo-agent" };

const MONTH_SECONDS = 30n * 86_400n;
/** Above any replay: the root counts, the runs are limited. */
const PLENTY = 2n ** 50n;
/** Replays of one content that are looked through before giving up. */
const REPLAYS_MAX = 10_000;

export interface Fleet {
  readonly rootId: string;
  /** True when an earlier process began this replay. */
  readonly isResumed: boolean;
}

/** The replay of this content that is not finished, or a new one. */
export async function openFleet(session: Session, source: Source): Promise<Fleet> {
  for (let replay = 1; replay <= REPLAYS_MAX; replay++) {
    const rootId = `${source.kind}-${source.key}-${replay}`;
    const known = await findExecution(session, rootId);
    if (known?.state === ExecutionState.COMPLETED) continue;
    await insist(() => session.client.calls.registerExecution({ executionId: rootId, principal: PRINCIPAL }));
    await liftLimits(session, rootId);
    return { rootId, isResumed: known !== undefined };
  }
  throw new Error(`${REPLAYS_MAX} replays are in the file: begin a new one with --data-dir`);
}

export async function findExecution(session: Session, executionId: string): Promise<Execution | undefined> {
  try {
    return (await insist(() => session.client.calls.getExecution({ executionId }))).execution;
  } catch (error) {
    if (error instanceof CallError && error.reason === "EXECUTION_NOT_FOUND") return undefined;
    throw error;
  }
}

/** What an operator does for a budget that shall only count. */
async function liftLimits(session: Session, executionId: string): Promise<void> {
  const counts = ["max_steps", "max_tokens"].map((key) => ({
    key,
    value: { case: "count" as const, value: PLENTY },
  }));
  const times = ["max_wall_time_ms", "idle_timeout_seconds"].map((key) => ({
    key,
    value: { case: "duration" as const, value: { seconds: MONTH_SECONDS } },
  }));
  const money = { key: "cost_alert_threshold_usd", value: { case: "usd" as const, value: "1000000" } };
  await insist(() =>
    session.executions.adjustLimits({
      executionId,
      adjustments: [...counts, ...times, money],
      note: "the demo's root only counts",
    }),
  );
  const root = await findExecution(session, executionId);
  if (root?.state === ExecutionState.HALTED) await resume(session, executionId);
}

/** A run that was cut off by a kill may come back after its time: it gets the time it was away. */
export async function giveTime(session: Session, executionId: string): Promise<void> {
  const value = { case: "duration" as const, value: { seconds: MONTH_SECONDS } };
  await insist(() =>
    session.executions.adjustLimits({
      executionId,
      adjustments: [{ key: "max_wall_time_ms", value }],
      note: "the replay may be interrupted",
    }),
  );
}

export async function resume(session: Session, executionId: string): Promise<void> {
  const target = { target: { case: "executionId" as const, value: executionId } };
  await insist(() => session.executions.resume({ target, note: "the demo goes on" }));
}

/** Ends the root and with it everything below: the replay is finished. */
export async function closeFleet(session: Session, fleet: Fleet): Promise<void> {
  await insist(() => session.client.calls.completeExecution({ executionId: fleet.rootId }));
}
