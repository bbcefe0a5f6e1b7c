import { type Finding, NO_FINDINGS } from "../../../domain/decision.ts";
import type { CallerId } from "../../../domain/ids.ts";
import type { ToolEntry } from "../../../domain/policy/tool-entry.ts";
import type { Now } from "../../../domain/time.ts";
import type { ExecutionRecord } from "../../executions/execution-record.ts";
import { NO_INDEX } from "../../executions/execution-table.ts";
import { policyOfAsk } from "../../intents/judge-intent.ts";
import type { JsonDocument } from "../../json/json-document.ts";
import { addLabels, type Labels, NO_LABELS } from "../../policy/label-match.ts";
import { refreshStalePolicy } from "../../policy/refresh-policy.ts";
import { textsOf } from "../../texts/document-texts.ts";
import type { World } from "../../world.ts";
import { unspentCapability } from "../capabilities/spent-capabilities.ts";
import {
  type GuardPolicy,
  type ResolvedGuards,
  resolveGuardSettings,
} from "../chain/resolve-guard-settings.ts";
import { type ChainResult, runChain } from "../chain/run-chain.ts";
import { classifyTool } from "../effects/classify-tool.ts";
import type { ToolBudgetState } from "../flow/tool-budget.ts";
import type { BeforeInput, GuardFacts, ToolCall } from "../guard.ts";
import { BEFORE_ORDER, type ChainPlace, GUARDS } from "../guard-table.ts";
import { findSession, sliceOf } from "../session/sessions.ts";
import { callKey, guardFacts, isFinding, readArguments, signatureOf } from "./call-facts.ts";
import { judgeCallText } from "./judge-arguments.ts";
import type { ToolCallRequest } from "./tool-requests.ts";

// The chain before a call, with everything that the guards look at; and the pass before it that only asks for names.

export interface BeforeRun {
  readonly world: World;
  readonly record: ExecutionRecord;
  readonly request: ToolCallRequest;
  readonly policy: GuardPolicy;
  readonly guards: ResolvedGuards;
  readonly entry: ToolEntry | undefined;
  readonly call: ToolCall;
  readonly facts: GuardFacts;
  readonly document: JsonDocument;
  /** What the access rules say of the call; absent: nothing. */
  readonly access?: readonly Finding[];
  readonly now: Now;
}

export function createBeforeRun(
  world: World,
  record: ExecutionRecord,
  request: ToolCallRequest,
  document: JsonDocument,
  now: Now,
): BeforeRun {
  const policy = guardPolicyOf(world, record, request.labels);
  const { tool, namespace } = request;
  const guards = resolveGuardSettings(policy, tool, namespace);
  const entry = world.policy.tools?.get(tool);
  const call: ToolCall = {
    callId: request.callId,
    key: callKey(world, record.id, request.callId),
    tool,
    namespace,
    turnId: request.turnId,
    planId: request.planId,
    parentKeys: request.parents.map((parent) => callKey(world, record.id, parent)),
    idempotencyKey: request.idempotencyKey,
    entry,
    sideEffect: classifyTool(guards.side_effect, tool, entry),
  };
  const labels = addLabels(record.labels, request.labels);
  const { addresses } = request;
  const capability = unspentCapability(world, record.principal.tenant, request.capability, now);
  const facts = guardFacts(world, record, call, { addresses, capability, labels });
  return { world, record, request, policy, guards, entry, call, facts, document, now };
}

/** What holds of the guards for an execution, and for a call that adds labels. */
export function guardPolicyOf(world: World, record: ExecutionRecord, added: Labels = NO_LABELS): GuardPolicy {
  return policyOfAsk(world, record, { labels: added }).settings.guards;
}

/** `budget`: the tool budget of calls that are only planned; undefined: the session's. */
export function runBefore(
  run: BeforeRun,
  order: readonly ChainPlace[] = BEFORE_ORDER,
  budget?: ToolBudgetState,
): ChainResult {
  const { world, record, request, policy, guards } = run;
  const session = findSession(world, record);
  return runChain({
    order,
    guards,
    evaluate: policy.evaluate,
    acceptsRepair: request.acceptsRepair,
    document: run.document,
    stateOf: (guard) =>
      budget !== undefined && guard.id === "tool_budget" ? budget : sliceOf(session, guard),
    ask: (guard, settings, state, document) =>
      guard.before?.(new CallInput(run, settings, state, document ?? run.document)),
    checks: {
      access: () => run.access ?? NO_FINDINGS,
      content_rules: (document) =>
        judgeCallText(
          world,
          record,
          policyOfAsk(world, record, request),
          request,
          textsOf(document ?? run.document),
          "input",
          run.now,
        ),
    },
  });
}

/** A class, since a getter in a literal makes every one of them slow. */
class CallInput implements BeforeInput<unknown, unknown> {
  readonly call: ToolCall;
  readonly arguments: JsonDocument;
  readonly settings: unknown;
  readonly state: unknown;
  readonly facts: GuardFacts;
  readonly now: Now;
  readonly #world: World;

  constructor(run: BeforeRun, settings: unknown, state: unknown, document: JsonDocument) {
    this.call = run.call;
    this.arguments = document;
    this.settings = settings;
    this.state = state;
    this.facts = run.facts;
    this.now = run.now;
    this.#world = run.world;
  }

  get signature(): string {
    const { tool, namespace, entry } = this.call;
    return signatureOf(this.#world, tool, namespace, this.arguments, entry);
  }
}

/** Guards whose repairs change what names there are: they run before the names are asked for. */
const BEFORE_NAMES: readonly ChainPlace[] = ["schema_strictness", "unresolved_reference", "sensitive_data"];

/** Names that must be resolved before the chain can judge; changes nothing. */
function namesOf(run: BeforeRun): readonly string[] {
  const { network_policy } = run.guards;
  const guard = GUARDS.get("network_policy");
  if (guard?.namesToResolve === undefined || network_policy.level === "off" || network_policy.mode === "off")
    return [];
  const before = runBefore(run, BEFORE_NAMES);
  return guard.namesToResolve(new CallInput(run, network_policy, undefined, before.document ?? run.document));
}

/** The names of a call; none where it will not be judged. */
export function namesOfCall(
  world: World,
  caller: CallerId,
  request: ToolCallRequest,
  now: Now,
): readonly string[] {
  const index = world.executions.find(caller, request.executionId);
  if (index === NO_INDEX) return NO_NAMES;
  refreshStalePolicy(world, index, now);
  const record = world.executions.record(index);
  const policy = guardPolicyOf(world, record, request.labels);
  const { network_policy } = resolveGuardSettings(policy, request.tool, request.namespace);
  if (!network_policy.resolve_dns || network_policy.level === "off") return NO_NAMES;
  const document = readArguments(request.argumentsJson);
  if (isFinding(document)) return NO_NAMES;
  return namesOf(createBeforeRun(world, record, request, document, now));
}

const NO_NAMES: readonly string[] = Object.freeze([]);

/** A guard that failed inside: told to the operators, since the answer holds only its name. */
export function tellFailures(world: World, record: ExecutionRecord, { failures }: ChainResult): void {
  for (const { guardId, error } of failures)
    world.effects.push({ type: "guard_failed", guardId, executionId: record.id, error });
}
