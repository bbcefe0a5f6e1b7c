import { DEFAULT_TENANT, type RequestedPrincipal } from "../domain/execution.ts";
import type { CallerId } from "../domain/ids.ts";
import { NO_INDEX } from "../engine/executions/execution-table.ts";
import type { EffectivePolicy } from "../engine/policy/effective-policy.ts";
import type { Labels } from "../engine/policy/label-match.ts";
import { resolvePolicy } from "../engine/policy/resolve-policy.ts";
import type { World } from "../engine/world.ts";

/**
 * The policy that a request about an execution is held to: the execution's own where it is known, else that of the tenant that
 * the request names.
 */
export function policyOfRequest(
  world: World,
  caller: CallerId,
  executionId: string | undefined,
  principal: RequestedPrincipal | undefined,
  labels: Labels,
): EffectivePolicy {
  const index = executionId === undefined ? NO_INDEX : world.executions.find(caller, executionId);
  const known = index === NO_INDEX ? undefined : world.executions.record(index);
  const tenant = known?.principal.tenant ?? principal?.tenant ?? DEFAULT_TENANT;
  return resolvePolicy(
    world.policy.set,
    tenant,
    known === undefined ? labels : { ...labels, ...known.labels },
  );
}
