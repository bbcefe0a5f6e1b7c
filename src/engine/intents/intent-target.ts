import type { Finding } from "../../domain/decision.ts";
import { DEFAULT_TENANT } from "../../domain/execution.ts";
import type { CallerId } from "../../domain/ids.ts";
import type { Ask } from "../../domain/intent.ts";
import { NO_INDEX } from "../executions/execution-table.ts";
import { resolveGuardSettings } from "../guards/chain/resolve-guard-settings.ts";
import { findNameOfTarget, judgeNetworkTarget } from "../network/judge-network-target.ts";
import type { EffectivePolicy } from "../policy/effective-policy.ts";
import { resolvePolicy } from "../policy/resolve-policy.ts";
import type { World } from "../world.ts";

// The network guard for an intent that says where it will connect to, without a tool call.

/** What the guard says of the target; undefined where there is none or nothing to say. */
export function judgeIntentTarget(
  policy: EffectivePolicy,
  { intent, addresses }: Pick<Ask, "intent" | "addresses">,
): Finding | undefined {
  if (intent.networkTarget === undefined) return undefined;
  return judgeNetworkTarget(settingsOf(policy, intent.tool), intent.networkTarget, addresses);
}

/** The name that must be resolved before an intent is judged; undefined when nothing has to be. Changes nothing. */
export function nameOfIntent(world: World, caller: CallerId, ask: Ask): string | undefined {
  const { networkTarget, tool } = ask.intent;
  if (networkTarget === undefined) return undefined;
  const index = world.executions.find(caller, ask.executionId);
  const record = index === NO_INDEX ? undefined : world.executions.record(index);
  const tenant = record?.principal.tenant ?? ask.principal?.tenant ?? DEFAULT_TENANT;
  const policy = resolvePolicy(world.policy.set, tenant, { ...ask.labels, ...record?.labels });
  return findNameOfTarget(settingsOf(policy, tool), networkTarget);
}

function settingsOf(policy: EffectivePolicy, tool: string | undefined) {
  return resolveGuardSettings(policy.settings.guards, tool ?? "", undefined).network_policy;
}
