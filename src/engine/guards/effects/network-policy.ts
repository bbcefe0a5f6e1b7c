// Guard 3, against server-side request forgery: where a call may connect to. What the targets in the arguments are and what
// the rules say of each stands in engine/network; here the answers for one call are put together.
import { RESOLVE_MAX_NAMES } from "../../../ports/resolve.ts";
import { formatJsonPath } from "../../json/json-document.ts";
import { findTargets, type PlacedTarget } from "../../network/find-targets.ts";
import { judgeHost } from "../../network/judge-host.ts";
import { judgeSpelling, judgeTarget, nameToResolve } from "../../network/judge-target.ts";
import { type NetworkRules, type NetworkSettings, networkRulesOf } from "../../network/network-rules.ts";
import type { Refusal } from "../../network/refusal.ts";
import {
  type BeforeInput,
  type Guard,
  type GuardEvidence,
  type GuardNote,
  type GuardOutcome,
  PASS,
  type PinnedHost,
} from "../guard.ts";

/** Places that a note shows. */
const MAX_EVIDENCE = 8;

export const networkPolicy: Guard<NetworkSettings, undefined> = {
  id: "network_policy",
  before: judgeCall,
  namesToResolve,
};

function judgeCall(input: BeforeInput<NetworkSettings, undefined>): GuardOutcome<undefined> {
  const rules = networkRulesOf(input.settings);
  const answers = input.facts.addresses;
  const refused = new Map<Refusal, GuardEvidence[]>();
  const names = new Set<string>();
  findTargets(rules, input.arguments, (found) => {
    const refusal = found.isCertain
      ? judgeTarget(rules, found.target, answers)
      : judgeUncertain(rules, found);
    if (refusal !== undefined) addEvidence(refused, refusal, found);
    const name = found.isCertain ? nameToResolve(rules, found.target) : undefined;
    if (name !== undefined) names.add(name);
  });
  if (refused.size > 0)
    return { notes: [...refused].map(([refusal, evidence]) => noteOf(refusal, evidence)) };
  if (names.size === 0) return PASS;
  const pinnedHosts: PinnedHost[] = [];
  for (const host of names) pinnedHosts.push({ host, addresses: answers?.get(host) ?? [] });
  return { notes: [], pinnedHosts };
}

/** The names of targets that nothing else refuses, in the order of the arguments. */
function namesToResolve(input: BeforeInput<NetworkSettings, undefined>): readonly string[] {
  const rules = networkRulesOf(input.settings);
  if (!input.settings.resolve_dns) return [];
  const names = new Set<string>();
  findTargets(rules, input.arguments, ({ target, isCertain }) => {
    const name = isCertain ? nameToResolve(rules, target) : undefined;
    if (name !== undefined && names.size < RESOLVE_MAX_NAMES && judgeSpelling(rules, target) === undefined)
      names.add(name);
  });
  return [...names];
}

/** What only looks like a target is refused for what it would reach. */
function judgeUncertain(rules: NetworkRules, { target }: PlacedTarget): Refusal | undefined {
  return target.host === undefined ? undefined : judgeHost(rules, target.host);
}

function addEvidence(refused: Map<Refusal, GuardEvidence[]>, refusal: Refusal, { path }: PlacedTarget): void {
  const evidence = refused.get(refusal) ?? [];
  refused.set(refusal, evidence);
  const at = formatJsonPath(path);
  if (evidence.length < MAX_EVIDENCE && evidence.every(({ path: known }) => known !== at))
    evidence.push({ kind: "network_target", path: at });
}

function noteOf({ reason, text, setting }: Refusal, evidence: readonly GuardEvidence[]): GuardNote {
  return {
    verdict: "BLOCK",
    reason,
    text,
    setting,
    violationType: "network_violation",
    fatal: true,
    evidence,
  };
}
