import { watchExecution } from "../src/client/watch.ts";
import { type Event, EventType } from "../src/gen/tollgate/enforcement/v1/event_pb.ts";
import { ExecutionState } from "../src/gen/tollgate/enforcement/v1/execution_pb.ts";
import { type Fleet, findExecution } from "./replay/fleet.ts";
import type { Session } from "./session.ts";

// What the daemon counted, asked at the end: nothing here adds up what was sent.

/** The strongest thing the daemon said to a run. */
export type RunVerdict = "ALLOW" | "WARN" | "PAUSE" | "BLOCK";

export interface Totals {
  readonly requests: bigint;
  readonly inputTokens: bigint;
  readonly outputTokens: bigint;
  readonly costNanoUsd: bigint;
  readonly verdicts: { readonly [V in RunVerdict]: number };
}

/** Runs asked about at once: a connection takes 64 calls. */
const ASKED_AT_ONCE = 48;

/** The root's usage, and per run the strongest verdict among the events that the daemon keeps of it. */
export async function readTotals(
  session: Session,
  fleet: Fleet,
  executionIds: readonly string[],
): Promise<Totals> {
  const usage = (await findExecution(session, fleet.rootId))?.usage;
  const verdicts = { ALLOW: 0, WARN: 0, PAUSE: 0, BLOCK: 0 };
  await forEachAtOnce(executionIds, ASKED_AT_ONCE, async (executionId) => {
    verdicts[strongest(await readEvents(session, executionId))]++;
  });
  return {
    requests: usage?.requests ?? 0n,
    inputTokens: usage?.tokens?.input ?? 0n,
    outputTokens: usage?.tokens?.output ?? 0n,
    costNanoUsd: usage?.costNanoUsd ?? 0n,
    verdicts,
  };
}

/** Every event of an execution up to now. */
export async function readEvents(session: Session, executionId: string): Promise<readonly Event[]> {
  const execution = await findExecution(session, executionId);
  const last = execution?.lastEventNumber ?? 0n;
  const events: Event[] = [];
  if (last === 0n) return events;
  for await (const watched of watchExecution(session.client, executionId, { afterEventNumber: 0n })) {
    if (watched.kind === "event") events.push(watched.event);
    const number = watched.kind === "event" ? watched.event.eventNumber : watched.execution.lastEventNumber;
    // The events of one that has ended end by themselves; breaking off thousands of streams would look like an attack.
    if (number >= last && execution?.state !== ExecutionState.COMPLETED) break;
  }
  return events;
}

/** A halt that was taken back does not count. */
export function strongest(events: readonly Event[]): RunVerdict {
  const order = ["ALLOW", "WARN", "PAUSE", "BLOCK"] as const satisfies readonly RunVerdict[];
  let rank = 0;
  let beforeHalt: number | undefined;
  for (const { type } of events) {
    if (type === EventType.HALT) beforeHalt ??= rank;
    if (type === EventType.RESUME && beforeHalt !== undefined) {
      rank = beforeHalt;
      beforeHalt = undefined;
    }
    rank = Math.max(rank, RANK[type] ?? 0);
  }
  return order[rank] ?? "ALLOW";
}

const RANK: { readonly [T in EventType]?: number } = {
  [EventType.WARNING]: 1,
  [EventType.PAUSE]: 2,
  [EventType.BLOCK]: 3,
  [EventType.HALT]: 3,
};

/** Runs `work` for every item, at most `most` at a time, in order of the items. */
export async function forEachAtOnce<T>(
  items: readonly T[],
  most: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      await work(items[index] as T, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
}

/** As `--json` writes it. */
export function formatJson({ requests, inputTokens, outputTokens, costNanoUsd, verdicts }: Totals): string {
  const totals = {
    requests: Number(requests),
    input_tokens: Number(inputTokens),
    output_tokens: Number(outputTokens),
    cost_nano_usd: Number(costNanoUsd),
    verdicts,
  };
  return `${JSON.stringify(totals, null, 2)}\n`;
}
