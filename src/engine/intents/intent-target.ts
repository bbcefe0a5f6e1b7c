import type { Finding } from "../../domain/decision.ts";
import type { Ask } from "../../domain/intent.ts";
import { resolveGuardSettings } from "../guards/chain/resolve-guard-settings.ts";
import { findNameOfTarget, judgeNetworkTarget } from "../network/judge-network-target.ts";
import type { EffectivePolicy } from "../policy/effective-policy.ts";

// The network guard for an intent that says where it will connect to, without a tool call.

/** What the guard says of the target; undefined where there is none or nothing to say. */
export function judgeIntentTarget(
  policy: EffectivePolicy,
  { intent, addresses }: Pick<Ask, "intent" | "addresses">,
): Finding | undefined {
  if (intent.networkTarget === undefined) return undefined;
  return judgeNetworkTarget(settingsOf(policy, intent.tool), intent.networkTarget, addresses);
}

/** The name that must be resolved before an intent is judged; undefined when nothing has to be. */
export function nameOfIntent(
  policy: EffectivePolicy,
  { networkTarget, tool }: Ask["intent"],
): string | undefined {
  return networkTarget === undefined ? undefined : findNameOfTarget(settingsOf(policy, tool), networkTarget);
}

function settingsOf(policy: EffectivePolicy, tool: string | undefined) {
  return resolveGuardSettings(policy.settings.guards, tool ?? "", undefined).network_policy;
}
