import { DEFAULT_TENANT, type RequestedPrincipal } from "../domain/execution.ts";
import type { CallerId } from "../domain/ids.ts";
import { NO_INDEX } from "../engine/executions/execution-table.ts";
import type { EffectivePolicy } from "../engine/policy/effective-policy.ts";
import type { Labels } from "../engine/policy/label-match.ts";
import { isReady } from "../engine/policy/prepare-policy.ts";
import { resolvePolicy } from "../engine/policy/resolve-policy.ts";
import type { World } from "../engine/world.ts";
import type { ServiceContext } from "./service-context.ts";

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
  const tenant = tenantOfRequest(world, caller, executionId, principal);
  return resolvePolicy(
    world.policy.set,
    tenant,
    known === undefined ? labels : { ...labels, ...known.labels },
  );
}

/** Whose policy that is. */
export function tenantOfRequest(
  world: World,
  caller: CallerId,
  executionId: string | undefined,
  principal: RequestedPrincipal | undefined,
): string {
  const index = executionId === undefined ? NO_INDEX : world.executions.find(caller, executionId);
  if (index !== NO_INDEX) return world.executions.record(index).principal.tenant;
  return principal?.tenant ?? DEFAULT_TENANT;
}

/** Makes the policy of a tenant that nobody has asked for yet; undefined when there is nothing to wait for. */
export type PreparePolicy = (tenant: string, labels: Labels) => Promise<void> | undefined;

/** What requests say about whose policy they need; they were not judged yet. */
interface PolicyRequest {
  readonly executionId?: string | undefined;
  readonly principal?: { readonly tenant?: string | undefined } | undefined;
  readonly labels?: Labels | undefined;
  readonly parent?:
    | { readonly parent: { readonly case?: string | undefined; readonly value?: unknown } }
    | undefined;
}

/** What a request has to wait for before the engine decides about it: mostly nothing. */
export function policyToPrepare(
  { host, caller, pinned }: ServiceContext,
  prepare: PreparePolicy,
  request: PolicyRequest,
): Promise<void> | undefined {
  const { executions } = host.world;
  const { executionId = "", principal, labels, parent } = request;
  const parentId = parent?.parent.case === "executionId" ? String(parent.parent.value) : undefined;
  const index = executions.find(caller, parentId ?? executionId);
  if (index === NO_INDEX)
    return prepare(principal?.tenant ?? pinned.principal.tenant ?? DEFAULT_TENANT, {
      ...labels,
      ...pinned.labels,
    });
  const record = executions.record(index);
  const added = labels === undefined ? 0 : Object.keys(labels).length;
  if (parentId === undefined && added === 0 && isReady(record.policy)) return undefined;
  return prepare(
    record.principal.tenant,
    parentId === undefined ? { ...labels, ...record.labels } : { ...labels },
  );
}
