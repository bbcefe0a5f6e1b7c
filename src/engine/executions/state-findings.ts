import type { Finding } from "../../domain/decision.ts";
import { STATE } from "../../domain/execution.ts";
import { lossOfExecution } from "../losses/loss-finding.ts";
import type { World } from "../world.ts";
import { NO_INDEX } from "./execution-table.ts";

/**
 * What the state of an execution and its ancestors says: nothing while all run, else the reason that stopped them; before it
 * what the file has lost of them.
 */
export function stateFindings(world: World, index: number): Finding[] {
  const loss = lossOfExecution(world, index);
  const state = findStopped(world, index);
  return loss === undefined ? state : [loss, ...state];
}

function findStopped(world: World, index: number): Finding[] {
  const table = world.executions;
  const stopped = table.findStopped(index);
  if (stopped === NO_INDEX) return [];
  const record = table.record(stopped);
  const state = table.state.get(stopped);
  if (state === STATE.completed) {
    const finding = record.stateFinding;
    return [finding ?? endedFinding(record.id)];
  }
  const cause = record.stateFinding;
  if (state === STATE.paused) {
    return [{ ...(cause ?? pausedFinding(record.id)), verdict: "PAUSE", executionId: record.id }];
  }
  return [{ ...(cause ?? haltedFinding(record.id)), verdict: "BLOCK", executionId: record.id }];
}

function endedFinding(id: string): Finding {
  return {
    verdict: "BLOCK",
    kind: "STATE",
    reason: "EXECUTION_COMPLETED",
    message: `execution ${id} has ended`,
    executionId: id,
  };
}

function pausedFinding(id: string): Finding {
  return {
    verdict: "PAUSE",
    kind: "STATE",
    reason: "EXECUTION_PAUSED",
    message: `execution ${id} is paused`,
    executionId: id,
  };
}

function haltedFinding(id: string): Finding {
  return {
    verdict: "BLOCK",
    kind: "STATE",
    reason: "EXECUTION_HALTED",
    message: `execution ${id} was halted`,
    executionId: id,
  };
}
