import {
  type Decision,
  type Finding,
  isAllowed,
  NO_FINDINGS,
  type Obligation,
  type Remaining,
} from "../../domain/decision.ts";
import { invalidField } from "../../domain/errors.ts";
import type { Ask } from "../../domain/intent.ts";
import { LIMITS, type UsageRules } from "../../domain/limits.ts";
import type { Now } from "../../domain/time.ts";
import { noteRefused } from "../adjustments/note-refused.ts";
import { executionQuestion, openApproval } from "../approvals/approvals.ts";
import {
  applyApprovals,
  approvalsFull,
  openOperationApprovals,
  type Taking,
} from "../approvals/redeem-approvals.ts";
import type { ExecutionRecord } from "../executions/execution-record.ts";
import { stateFindings } from "../executions/state-findings.ts";
import { COUNTER_LIMITS, type CompiledLimits } from "../limits/compiled-limits.ts";
import { carvedLimit, heldForChain, heldOf, isQuiet, judgeLimits, usedOf } from "../limits/judge.ts";
import { toAmount } from "../limits/limit-finding.ts";
import { type Probe, probeIntent } from "../limits/probe.ts";
import { adviceFor, decide, isSame, isUncertain, levelOf, storeFinding } from "../limits/standing.ts";
import { wallMs } from "../limits/times.ts";
import type { EffectivePolicy } from "../policy/effective-policy.ts";
import { addLabels } from "../policy/label-match.ts";
import { refreshStalePolicy, underPolicy } from "../policy/refresh-policy.ts";
import { resolvePolicy } from "../policy/resolve-policy.ts";
import { priceIntent } from "../prices/price-usage.ts";
import {
  askPrincipals,
  isPrincipalQuiet,
  judgePrincipals,
  type PrincipalAsk,
  type SlotUse,
} from "../quotas/judge-principals.ts";
import type { World } from "../world.ts";
import { changesSomething, concernsRequest } from "./concerns.ts";
import { judgePolicy, NOTHING_FOUND, type PolicySubject } from "./judge-policy.ts";

/** What the engine found out about an intent before it takes anything. */
export interface Judged {
  /** Valid until the next intent is judged. */
  readonly probe: Probe;
  readonly findings: readonly Finding[];
  readonly refused: boolean;
  /** Rows of approvals that are used up if the intent is taken. */
  readonly redeems: readonly number[];
  /** What it asks of the principals that pay for it. */
  readonly principals: PrincipalAsk;
  /** What the access rules that allow it ask for. */
  readonly obligations: readonly Obligation[];
}

const NOTHING_REDEEMED: readonly number[] = Object.freeze([]);

/**
 * Looks at an intent with everything that is on, and changes nothing. `guards`: what the guards of a tool call found; they
 * stand between rules and quotas.
 */
export function judgeIntent(
  world: World,
  index: number,
  ask: Ask,
  taking: Taking,
  now: Now,
  guards: readonly Finding[] = NO_FINDINGS,
): Judged {
  refreshStalePolicy(world, index, now);
  const record = world.executions.record(index);
  const policy = policyOfAsk(world, record, ask);
  if (policy !== record.policy) return judgeUnder(world, record, policy, ask, taking, now, guards);
  const { intent } = ask;
  const { limits } = world.executions.compiled.get(index) as CompiledLimits;
  assertDeclared(limits, intent.custom);
  const priced = priceIntent(world, limits, intent);
  const isConcerned = concernsRequest(policy, ask, priced.nanoUsd);
  const mutating = isConcerned && changesSomething(policy, intent);
  const probe = probeIntent(
    intent,
    priced.nanoUsd,
    isAnnounced(world, index, ask),
    mutating,
    world.scratchIntent,
  );
  const principals = askPrincipals(world, index, ask, slotUse(ask, taking), now);
  const areLimitsQuiet = isQuiet(world, index, probe, now);
  const arePrincipalsQuiet = isPrincipalQuiet(world, principals, probe, now);
  if (
    areLimitsQuiet &&
    arePrincipalsQuiet &&
    !world.store.blocking &&
    ask.approvalId === undefined &&
    guards.length === 0 &&
    !isConcerned
  ) {
    const redeems = NOTHING_REDEEMED;
    const { obligations } = NOTHING_FOUND;
    if (priced.finding === undefined)
      return { probe, findings: NO_FINDINGS, refused: false, redeems, principals, obligations };
    const refused = priced.finding.verdict === "BLOCK";
    return { probe, findings: [priced.finding], refused, redeems, principals, obligations };
  }
  const found = isConcerned
    ? judgePolicy(world, subjectOf(record, policy, ask), ask, priced.nanoUsd, now)
    : NOTHING_FOUND;
  const findings: Finding[] = [];
  const store = storeFinding(world);
  if (store !== undefined) findings.push(store);
  if (areLimitsQuiet) findings.push(...found.first);
  else {
    const crossed = judgeLimits(world, index, probe, now);
    const states = stateFindings(world, index);
    findings.push(...states, ...found.first);
    findings.push(...crossed.filter((limit) => !states.some((state) => isSame(limit, state))));
  }
  if (priced.finding !== undefined) findings.push(priced.finding);
  const bound = arePrincipalsQuiet ? NO_FINDINGS : judgePrincipals(world, principals, probe, now);
  if (taking === "takes") noteRefused(world, principals, bound, now);
  findings.push(...found.rules, ...guards, ...bound);
  const answered = applyApprovals(world, index, ask, findings, taking);
  const { obligations } = found;
  return { probe, ...answered, refused: answered.findings.some(refuses), principals, obligations };
}

/** Apart from `judgeIntent`, which would otherwise keep its arguments for a function that is hardly ever made. */
function judgeUnder(
  world: World,
  record: ExecutionRecord,
  policy: EffectivePolicy,
  ask: Ask,
  taking: Taking,
  now: Now,
  guards: readonly Finding[],
): Judged {
  const { index } = record;
  return underPolicy(world, record, policy, () => judgeIntent(world, index, ask, taking, now, guards));
}

/** What holds for a request: labels that it adds make further overrides match. */
export function policyOfAsk(
  world: World,
  record: ExecutionRecord,
  { labels }: Pick<Ask, "labels">,
): EffectivePolicy {
  const all = addLabels(record.labels, labels);
  return all === record.labels
    ? record.policy
    : resolvePolicy(world.policy.set, record.principal.tenant, all);
}

/** Whose request it is. */
function subjectOf(record: ExecutionRecord, policy: EffectivePolicy, ask: Ask): PolicySubject {
  const { principal, session } = record;
  return { policy, principal, session, labels: addLabels(record.labels, ask.labels) };
}

function refuses({ shadow, verdict }: Finding): boolean {
  return shadow !== true && !isAllowed(verdict);
}

/** What is only charged holds no slot. */
function slotUse(ask: Ask, taking: Taking): SlotUse {
  if ("callId" in ask) return "tool call";
  return taking === "looks" || "reservationId" in ask ? "request" : "none";
}

/** @throws TollgateError FIELD_INVALID: an agent must not invent counters */
export function assertDeclared(rules: UsageRules, custom: { readonly [name: string]: bigint }): void {
  for (const name in custom) {
    if (rules.customCounters.includes(name)) continue;
    throw invalidField("intent.estimate.custom", `"${name.slice(0, 64)}" is not declared in custom_counters`);
  }
}

/** A discovered step that was planned before counts as discovered only once. */
function isAnnounced(world: World, index: number, ask: Ask): boolean {
  const { step } = ask.intent;
  if (step?.discovered !== true || step.name === undefined || step.plannedOnly === true) return false;
  return world.executions.record(index).announced?.has(step.name) ?? false;
}

/** Opens the approvals of what waits for a person: the pause of a limit, or this one operation; the state does not change. */
export function withApprovals(
  world: World,
  index: number,
  ask: Ask,
  findings: readonly Finding[],
  now: Now,
): readonly Finding[] {
  if (findings.length === 0) return findings;
  // What something refuses anyway is nothing to ask a person about.
  if (findings.some((one) => one.verdict === "BLOCK" && one.shadow !== true)) return findings;
  const opened = openOperationApprovals(world, index, ask, findings, now);
  if (!opened.some(pausesExecution)) return opened;
  return opened.map((one) => {
    if (!pausesExecution(one)) return one;
    const approvalId = openApproval(world, levelOf(world, index, one), executionQuestion(one), now);
    return approvalId === undefined ? approvalsFull(one) : { ...one, approvalId };
  });
}

function pausesExecution({ verdict, kind, shadow }: Finding): boolean {
  return verdict === "PAUSE" && kind === "LIMIT" && shadow !== true;
}

export function decideIntent(
  world: World,
  index: number,
  ask: Ask,
  findings: readonly Finding[],
  now: Now,
  obligations: readonly Obligation[] = NOTHING_FOUND.obligations,
): Decision {
  const remaining = ask.detail === "MINIMAL" ? undefined : remainingOf(world, index, now);
  const said = { remaining, obligations, advice: adviceFor(findings) };
  const decision = withAddresses(ask, decide(world, findings, now, isUncertain(world, index), said));
  if (decision.obligations.length > 0) tellObligations(world, ask.executionId, decision);
  return decision;
}

/** Access rules that allowed may ask that a decision is logged, or that operators are told. */
export function tellObligations(world: World, executionId: string, decision: Decision): void {
  for (const { type, ruleId } of decision.obligations) {
    if (type !== "log" && type !== "notify") continue;
    world.effects.push({ type: "decision_told", by: type, ruleId, executionId, decision });
  }
}

/** Pins the addresses that were judged: a name that answers otherwise in between gains nothing. */
function withAddresses({ addresses }: Ask, decision: Decision): Decision {
  if (addresses === undefined || !decision.allowed) return decision;
  return { ...decision, pinnedHosts: [...addresses].map(([host, found]) => ({ host, addresses: found })) };
}

const REMAINING_UNITS = {
  max_steps: "steps",
  max_tokens: "tokens",
  max_input_tokens: "input_tokens",
  max_output_tokens: "output_tokens",
  max_cost_usd: "cost",
  cost_alert_threshold_usd: "cost",
  max_discovered_steps: "discovered_steps",
  max_requests: "requests",
  max_tool_calls: "tool_calls",
} as const;

/** What is left at the tightest level, per unit. */
export function remainingOf(world: World, index: number, now: Now): readonly Remaining[] {
  const least = new Map<Remaining["unit"], { readonly key: keyof typeof LIMITS; readonly left: bigint }>();
  const levels = [index, ...world.executions.record(index).chain];
  for (const [place, at] of levels.entries()) {
    const { byKey } = world.executions.record(at).limits;
    const below = levels.slice(0, place);
    for (const [key, counter] of COUNTER_LIMITS) {
      const limit = carvedLimit(world, at, key, byKey[key]);
      if (limit === undefined) continue;
      const used =
        usedOf(world, at, counter) + heldOf(world, at, counter) - heldForChain(world, below, counter);
      const left = limit.value > used ? limit.value - used : 0n;
      const known = least.get(REMAINING_UNITS[key]);
      if (known === undefined || left < known.left) least.set(REMAINING_UNITS[key], { key, left });
    }
  }
  const result: Remaining[] = [];
  for (const [unit, { key, left }] of least) result.push({ unit, amount: toAmount(LIMITS[key].unit, left) });
  const wall = world.executions.record(index).limits.byKey.max_wall_time_ms;
  if (wall !== undefined) {
    const left = Math.max(0, Number(wall.value) - wallMs(world.executions, index, now));
    result.push({ unit: "time", amount: { kind: "durationMs", value: Math.floor(left) } });
  }
  return result;
}
