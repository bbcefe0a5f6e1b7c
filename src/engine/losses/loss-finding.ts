import type { Finding } from "../../domain/decision.ts";
import { FLAG, NO_INDEX } from "../executions/execution-table.ts";
import type { World } from "../world.ts";

/**
 * Refuses what an execution wants while its own row, or that of an ancestor, does not prove; under `on_hole: refuse` also
 * while its counters passed through a hole.
 */
export function lossOfExecution(world: World, index: number): Finding | undefined {
  const { flags, parent } = world.executions;
  const refusing = world.refusesUncertain ? FLAG.lost | FLAG.uncertain : FLAG.lost;
  for (let at = index; at !== NO_INDEX; at = parent.get(at)) {
    if ((flags.get(at) & refusing) === 0) continue;
    const { id } = world.executions.record(at);
    const what = (flags.get(at) & FLAG.lost) === 0 ? "passed through a loss" : "do not prove";
    return {
      ...refusal(`counters of execution ${id} ${what}: an operator has to clear it`),
      executionId: id,
    };
  }
  return undefined;
}

/** Of a window that bounds somebody. */
export function lossOfWindow(retryAfterMs: number): Finding {
  const message = "the sums of this window do not prove: an operator has to clear it, or it ends";
  return { ...refusal(message), retryable: true, retryAfterMs };
}

function refusal(message: string): Finding {
  return { verdict: "BLOCK", kind: "STATE", reason: "DATA_LOSS", message, severity: "critical" };
}
