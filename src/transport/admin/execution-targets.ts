import { TollgateError } from "../../domain/errors.ts";
import { type ExecutionState, STATE } from "../../domain/execution.ts";
import { type ExecutionFilter, listExecutions } from "../../engine/executions/list-executions.ts";
import { canonicalText } from "../../engine/executions/register.ts";
import type { World } from "../../engine/world.ts";
import type {
  ExecutionSelector,
  ExecutionTarget,
} from "../../gen/tollgate/admin/v1/execution_admin_service_pb.ts";

// Which executions an operator means. Ids are kept per caller, so one id can name several.

const LIVE: ReadonlySet<ExecutionState> = new Set(["RUNNING", "PAUSED", "HALTED"]);

/** @throws TollgateError EXECUTION_NOT_FOUND · EXECUTION_AMBIGUOUS */
export function getTarget(world: World, executionId: string, caller: string | undefined): number {
  const found = listExecutions(world, { id: executionId, caller }, undefined, 2);
  if (found.length === 0)
    throw new TollgateError("EXECUTION_NOT_FOUND", `execution ${executionId} is not known`);
  if (found.length > 1) {
    const callers = found.map((index) => world.executions.record(index).caller).join(", ");
    throw new TollgateError(
      "EXECUTION_AMBIGUOUS",
      `execution ${executionId} is used by several callers (${callers}): name one`,
    );
  }
  return found[0] as number;
}

/** The live executions that match, newest first, with what tells whether an index still means the same one. */
export function findTargets(world: World, selector: ExecutionSelector, caller: string | undefined): number[] {
  const { tenant, labels, sessionId: session, agent, user } = selector;
  const filter: ExecutionFilter = { caller, tenant, labels, session, agent, user, states: LIVE };
  return listExecutions(world, filter, undefined, world.executions.size);
}

export function isEmptySelector({ tenant, labels, sessionId, agent, user }: ExecutionSelector): boolean {
  const fields = [tenant, sessionId, agent, user];
  return fields.every((field) => field === undefined) && Object.keys(labels).length === 0;
}

/** The indexes that a target names, and whether it named a single one. */
export function resolveTarget(
  world: World,
  target: ExecutionTarget,
): { readonly indexes: readonly number[]; readonly single: boolean } {
  if (target.target.case === "selector")
    return { indexes: findTargets(world, target.target.value, target.caller), single: false };
  return { indexes: [getTarget(world, target.target.value ?? "", target.caller)], single: true };
}

/** Changes with state and adjustments, not with usage. */
export function executionEtag(world: World, index: number): string {
  const { adjusted, stateFinding } = world.executions.record(index);
  const state = world.executions.state.get(index) ?? STATE.running;
  return world.digest
    .digest128(canonicalText({ state, adjusted, reason: stateFinding?.message }))
    .slice(0, 16);
}

/** @throws TollgateError ETAG_MISMATCH */
export function assertEtag(actual: string, wanted: string | undefined): void {
  if (wanted === undefined || wanted === actual) return;
  throw new TollgateError("ETAG_MISMATCH", "it has changed since it was read: read it again", {
    metadata: { etag: actual },
  });
}
