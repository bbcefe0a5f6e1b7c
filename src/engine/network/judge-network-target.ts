import type { Finding } from "../../domain/decision.ts";
import type { NetworkTarget } from "../../domain/intent.ts";
import { type Answers, judgeSpelling, judgeTarget, nameToResolve } from "./judge-target.ts";
import { type NetworkSettings, networkRulesOf } from "./network-rules.ts";
import { findScheme, type ReadTarget, readBareHost, readUrl, trimTarget } from "./network-target.ts";
import { type Refusal, refuse } from "./refusal.ts";

/** Level and mode of the guard, beside its keys. */
export interface NetworkGuardSettings extends NetworkSettings {
  readonly level: "off" | "warn" | "block";
  readonly mode: "off" | "shadow" | "enforce";
}

/** Judges the target of an intent by the network guard. Undefined: nothing to say. */
export function judgeNetworkTarget(
  settings: NetworkGuardSettings,
  target: NetworkTarget,
  answers: Answers | undefined,
): Finding | undefined {
  if (settings.level === "off" || settings.mode === "off") return undefined;
  const read = readNetworkTarget(target);
  const refusal =
    read === undefined ? refuse("malformed") : judgeTarget(networkRulesOf(settings), read, answers);
  return refusal === undefined ? undefined : findingOf(refusal, settings);
}

/** The name that must be resolved before the target is judged; undefined where nothing is resolved or it is refused anyway. */
export function findNameOfTarget(settings: NetworkGuardSettings, target: NetworkTarget): string | undefined {
  if (settings.level === "off" || settings.mode === "off" || !settings.resolve_dns) return undefined;
  const rules = networkRulesOf(settings);
  const read = readNetworkTarget(target);
  if (read === undefined || judgeSpelling(rules, read) !== undefined) return undefined;
  return nameToResolve(rules, read);
}

/** Undefined when it is no target of its form. */
function readNetworkTarget({ form, text, port }: NetworkTarget): ReadTarget | undefined {
  const trimmed = trimTarget(text);
  const isRelative = /^[\\/]{2}/.test(trimmed);
  if (form === "url" && !isRelative && findScheme(trimmed) === undefined) return undefined;
  const read = form === "url" ? readUrl(trimmed) : readBareHost(trimmed);
  return port === undefined ? read : { ...read, port };
}

function findingOf(refusal: Refusal, { level, mode }: NetworkGuardSettings): Finding {
  const isBlocking = level === "block";
  return {
    verdict: isBlocking ? "BLOCK" : "WARN",
    kind: "GUARD",
    reason: refusal.reason,
    message: refusal.text,
    violationType: "network_violation",
    category: "policy_violation",
    retryable: false,
    fatal: isBlocking,
    severity: "high",
    sourceId: "network_policy",
    ...(mode === "shadow" ? { shadow: true } : {}),
  };
}
