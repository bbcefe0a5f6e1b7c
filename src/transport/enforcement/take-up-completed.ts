import type { Ask } from "../../domain/intent.ts";
import type { ServiceContext } from "../service-context.ts";
import { policyOfRequest } from "../tenant-policy.ts";

/**
 * Where a call that takes something registers what it names: an id that completed longer ago than memory goes back must not
 * begin anew, or what is sent again would count again. Undefined when nothing has to be looked up.
 */
export function takeUpCompleted(
  { completed, caller, host }: ServiceContext,
  { executionId, principal, labels }: Pick<Ask, "executionId" | "principal" | "labels">,
): Promise<void> | undefined {
  if (!completed.isMissing(caller, executionId)) return undefined;
  const { limits } = policyOfRequest(host.world, caller, executionId, principal, labels);
  if (limits.unregistered !== "register") return undefined;
  // It is about to be registered: that the file did not know it must not be remembered.
  return completed.restore(caller, executionId).then(() => completed.forget(caller, executionId));
}
