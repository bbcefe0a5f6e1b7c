import { NO_INDEX } from "../../engine/executions/execution-table.ts";
import { explainPolicy, knownOperations, withAllowChanges } from "../../engine/policy/explain-policy.ts";
import { refreshStalePolicy } from "../../engine/policy/refresh-policy.ts";
import { findExecution } from "../../engine/reservations/resolve.ts";
import type {
  GetEffectivePolicyRequest,
  GetEffectivePolicyResponse,
} from "../../gen/tollgate/enforcement/v1/effective_policy_pb.ts";
import { effectivePolicyToProto } from "../convert/effective-policy.ts";
import { labelsFromProto, principalFromProto } from "../pinned-identity.ts";
import type { ServiceContext } from "../service-context.ts";
import { policyOfRequest, tenantOfRequest } from "../tenant-policy.ts";
import { EFFECTIVE_POLICY_RULE } from "../validate/execution-rules.ts";
import { assertValid } from "../validate/rules.ts";

// What agents may see of the policy that they are held to.

/**
 * Every effective value for the caller's own tenant.
 * @throws TollgateError EXECUTION_NOT_FOUND · PRINCIPAL_PINNED
 */
export function callGetEffectivePolicy(
  context: ServiceContext,
  request: GetEffectivePolicyRequest,
): GetEffectivePolicyResponse {
  assertValid(request, EFFECTIVE_POLICY_RULE);
  const { host, caller, pinned } = context;
  const { world } = host;
  const principal = principalFromProto(request.principal, pinned);
  const { executionId } = request;
  const index = executionId === undefined ? NO_INDEX : findExecution(world, caller, executionId);
  if (index !== NO_INDEX) host.turn((_world, now) => refreshStalePolicy(world, index, now));
  const policy = policyOfRequest(
    world,
    caller,
    executionId,
    principal,
    labelsFromProto(request.labels, pinned),
  );
  const exposure = policy.settings.expose;
  const limits = index === NO_INDEX ? undefined : world.executions.record(index).limits;
  const prefix = request.keyPrefix ?? "";
  const values = explainPolicy(withAllowChanges(policy, request.allowChanges === true), exposure, limits);
  return effectivePolicyToProto(
    world.policy,
    exposure,
    values.filter(({ key }) => key.startsWith(prefix)),
    knownOperations(
      policy,
      world.seenOperations.namesOf(tenantOfRequest(world, caller, executionId, principal)),
    ),
  );
}
